/* Which languages were built, whether their engines are found and work, and where they are. */
#ifndef XLGC_TOOL_ENGINES_H
#define XLGC_TOOL_ENGINES_H

#include "finding.h"

enum { ENGINE_FINDINGS = 4 };

/* Fills ENGINE_FINDINGS of them. Each engine is started in a child of its own, so that one that crashes is told. */
void engines_examine(finding *findings);

#endif
