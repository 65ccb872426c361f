/* Whether what the library wants of the system works here. */
#ifndef XLGC_TOOL_SYSTEM_H
#define XLGC_TOOL_SYSTEM_H

#include "finding.h"

enum { SYSTEM_FINDINGS = 6 };

/* Fills SYSTEM_FINDINGS of them. */
void system_examine(finding *findings);

#endif
