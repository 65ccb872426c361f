// What malloc gives out for a chain of n nodes that hold their successors by std::shared_ptr, beyond the same chain of
// plain pointers: what the counts and the wider pointers cost.
//
//   peer_bytes N          prints the bytes a node
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <memory>

namespace {

struct counted {
  std::shared_ptr<counted> next;
  long payload = 0;
};

struct plain {
  plain *next = nullptr;
  long payload = 0;
};

double bytes_in_use() {
  struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

} // namespace

int main(int argc, char **argv) {
  unsigned long n = argc == 2 ? std::strtoul(argv[1], nullptr, 10) : 0;
  if (n == 0) {
    std::fprintf(stderr, "usage: peer_bytes N\n");
    return 2;
  }
  double start = bytes_in_use();
  std::shared_ptr<counted> first;
  for (unsigned long i = 0; i < n; i++) {
    auto next = std::make_shared<counted>();
    next->next = std::move(first);
    first = std::move(next);
  }
  double counted_bytes = bytes_in_use() - start;
  start = bytes_in_use();
  plain *plain_first = nullptr;
  for (unsigned long i = 0; i < n; i++)
    plain_first = new plain{plain_first, 0};
  double plain_bytes = bytes_in_use() - start;
  std::printf("%.6g\n", (counted_bytes - plain_bytes) / static_cast<double>(n));
  std::fflush(stdout);
  std::_Exit(first && plain_first ? 0 : 1); // the destructor of the chain would overflow the stack
}
