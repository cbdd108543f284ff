/* SPDX-License-Identifier: MIT */
/* How much has been logged, and whether anybody sees it. */
#ifndef UIK_LOG_H
#define UIK_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <uik/abi.h>

/** uik_log_count - messages so far, of all machines; not those held back. */
uint64_t uik_log_count(void) __uik_export;

/** uik_log_hush - messages are counted and nothing else; or as before. */
void uik_log_hush(bool hush) __uik_export;

#endif
