/* SPDX-License-Identifier: MIT */
/*
 * Polling: the poll file operation says what is ready and names the wait
 * queues that tell of changes.
 */
#ifndef UIK_LINUX_POLL_H
#define UIK_LINUX_POLL_H

#include <poll.h>
#include <sys/epoll.h>
#include <linux/types.h>
#include <linux/wait.h>

struct file;

struct poll_table_struct;
typedef void (*poll_queue_proc)(struct file *file, wait_queue_head_t *queue,
				struct poll_table_struct *table);

typedef struct poll_table_struct {
	poll_queue_proc _qproc;
	__poll_t _key;
} poll_table;

/** poll_wait - the poller wants to hear from @queue; @table may be NULL. */
static inline void poll_wait(struct file *file, wait_queue_head_t *queue,
			     poll_table *table)
{
	if (table && table->_qproc)
		table->_qproc(file, queue, table);
}

static inline void init_poll_funcptr(poll_table *table, poll_queue_proc proc)
{
	table->_qproc = proc;
	table->_key = ~(__poll_t)0;
}

#endif
