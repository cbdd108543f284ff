/* SPDX-License-Identifier: MIT */
/*
 * Schedule points and failure points: the slow side of <uik/hook.h>.
 *
 * A failure point asks the calling task's fail-nth counter first; the installed
 * hooks are asked only when that one lets it pass.  uik_fail_armed counts armed
 * counters and installed hooks, so that what has points of both kinds looks at
 * one word.
 */
#include <linux/compiler.h>
#include <uik/hook.h>
#include <uik/task.h>

#include "kit/file.h"
#include "kit/leaf.h"
#include "kit/lock.h"

__thread unsigned int leaf_depth;
const struct uik_hooks *uik_hooks;
unsigned long uik_fail_armed;
bool (*uik_fail_more)(enum uik_fail_kind kind, const void *site);
/* The same words, by the names that others know. */
extern const struct uik_hooks *hooks_for_others __asm__("uik_hooks")
	__attribute__((alias("uik_hooks_word"))) __uik_export;
extern unsigned long fail_armed_for_others __asm__("uik_fail_armed")
	__attribute__((alias("uik_fail_armed_word"))) __uik_export;
/* The word of uik_fence() under a thread checker. */
extern unsigned int uik_fence_word __uik_export;
unsigned int uik_fence_word;

void uik_fail_arm(int more)
{
	long change = more * (long)UIK_ARMED;

	__atomic_fetch_add(&uik_fail_armed, change, __ATOMIC_RELAXED);
}

void uik_hooks_install(const struct uik_hooks *hooks)
{
	uik_fail_arm(!!hooks - !!uik_hooks);
	uik_hooks = hooks;
	__atomic_store_n(&uik_numbers_quick, hooks ? 0 : NUMBERS_MAX,
			 __ATOMIC_RELAXED);
	locks_set_quick();
}

void uik_point_slow(enum uik_point_kind kind, const void *addr, uint32_t size,
		    bool write, const void *site)
{
	const struct uik_hooks *hooks = uik_hooks;
	struct uik_point point = {
		.kind = kind,
		.write = write,
		.size = size,
		.addr = addr,
		.site = site,
	};

	if (hooks && hooks->point && !leaf_depth)
		hooks->point(&point);
}

void uik_point_lock(const struct uik_point *point)
{
	const struct uik_hooks *hooks = uik_hooks;

	if (hooks && hooks->point)
		hooks->point(point);
}

/* Whether the counter makes the operation at @site fail. */
static bool fail_nth_hits(struct uik_fail_nth *fail, enum uik_fail_kind kind,
			  const void *site)
{
	if (!(fail->kinds & 1u << kind))
		return false;
	fail->seen++;
	if (fail->hit)
		return fail->sticky;
	if (!fail->countdown || --fail->countdown)
		return false;
	fail->hit = true;
	fail->site = site;
	return true;
}

bool uik_fail_slow(enum uik_fail_kind kind, const void *site)
{
	const struct uik_hooks *hooks = uik_hooks;

	if (fail_nth_hits(&uik_current()->fail, kind, site))
		return true;
	if (uik_fail_more && uik_fail_more(kind, site))
		return true;
	return hooks && hooks->fail && hooks->fail(kind, site);
}

bool uik_fail_nth(uint32_t nth, uint32_t kinds, bool sticky)
{
	struct uik_fail_nth *fail = &uik_current()->fail;
	bool had_hit = fail->hit;

	if (fail->kinds)
		uik_fail_arm(-1);
	*fail = (struct uik_fail_nth){
		.kinds = nth ? kinds : 0,
		.countdown = nth,
		.sticky = sticky,
	};
	if (fail->kinds)
		uik_fail_arm(1);
	return had_hit;
}
