/* How much memory the process has, for demos that show it. */
#ifndef DEMOS_RESIDENT_H
#define DEMOS_RESIDENT_H

#include <cstdio>
#include <unistd.h>

inline double resident_mib() {
  long size = 0, resident = 0;
  if (FILE *file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &size, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

#endif
