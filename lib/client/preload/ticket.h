/* SPDX-License-Identifier: MIT */
/* Tickets: sockets that stand for files of ours outside this process. */
#ifndef PRELOAD_TICKET_H
#define PRELOAD_TICKET_H

#include <stdbool.h>

/** ticket_for - a ticket for what a number of ours leads to; -errno. */
int ticket_for(int fd);
/** ticket_close - it has been handed over. */
void ticket_close(int ticket);
/** ticket_redeem - if a number is a ticket it becomes ours; whether it was. */
bool ticket_redeem(int fd);

#endif
