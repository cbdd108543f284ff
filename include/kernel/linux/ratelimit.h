/* SPDX-License-Identifier: MIT */
/* Limits on how often a place speaks: __ratelimit() says whether it may. */
#ifndef UIK_LINUX_RATELIMIT_H
#define UIK_LINUX_RATELIMIT_H

#include <linux/jiffies.h>
#include <linux/printk.h>

#define DEFAULT_RATELIMIT_INTERVAL (5 * HZ)
#define DEFAULT_RATELIMIT_BURST 10

#define RATELIMIT_STATE_INIT(name, interval_init, burst_init) \
	{ \
		.own_limit = true, .interval = (interval_init), \
		.burst = (burst_init), \
	}
#define DEFINE_RATELIMIT_STATE(name, interval_init, burst_init) \
	struct ratelimit_state name = \
		RATELIMIT_STATE_INIT(name, interval_init, burst_init)

/** ratelimit_state_init - @burst messages in @interval jiffies; 0: no limit. */
static inline void ratelimit_state_init(struct ratelimit_state *state,
					int interval, int burst)
{
	*state = (struct ratelimit_state)RATELIMIT_STATE_INIT(, interval, burst);
}

/** ratelimit_default_init - what places without a state of their own have. */
static inline void ratelimit_default_init(struct ratelimit_state *state)
{
	ratelimit_state_init(state, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
}

#endif
