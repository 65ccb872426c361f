/* `xlgc doctor`: what was built, and whether it works here. */
#ifndef XLGC_TOOL_DOCTOR_H
#define XLGC_TOOL_DOCTOR_H

/* Prints a report, as JSON if wanted. Returns the exit status: 0 when all that was built works, else 1. */
int doctor_run(int with_json);

#endif
