/* SPDX-License-Identifier: MIT */
/* The process's real capabilities, user and limits, as tasks carry them. */
#ifndef PRELOAD_CREDS_H
#define PRELOAD_CREDS_H

/** creds_refresh - the calling thread's may have changed. */
void creds_refresh(void);

#endif
