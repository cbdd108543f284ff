/* SPDX-License-Identifier: MIT */
/* How much has been logged. */
#ifndef UIK_LOG_H
#define UIK_LOG_H

#include <stdint.h>
#include <uik/abi.h>

/** uik_log_count - messages so far, of all machines; not those held back. */
uint64_t uik_log_count(void) __uik_export;

#endif
