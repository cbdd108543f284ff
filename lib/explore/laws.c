// SPDX-License-Identifier: MIT
/*
 * The table of laws, and those that the engine finds broken itself.
 */
#include "explore/laws.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <uik/machine.h>
#include <uik/plain.h>
#include <uik/task.h>
#include <uik/virtual.h>

#include "explore/checkpoint.h"

const struct uiommufd_law *const law_table[] = {
	&law_memory,
	&law_locks,
	&law_order,
	&law_race,
	&law_counts,
	&law_ids,
	&law_tables,
	&law_hardware,
	&law_linear,
	&law_complete,
	&law_initialised,
	&law_fetch_once,
	&law_producer,
	&law_atomic_alloc,
	NULL,
};

const struct uiommufd_law *uiommufd_law_at(unsigned int index)
{
	for (unsigned int i = 0; law_table[i]; i++)
		if (i == index)
			return law_table[i];
	return NULL;
}

/* ---- all of them --------------------------------------------------------- */

static uint32_t wanted_steps(const struct uiommufd_law *law)
{
	return law->steps ? law->steps : UINT32_MAX;
}

static int add_law(struct uiommufd_run *run, const struct uiommufd_law *law)
{
	unsigned int n = run->law_count;

	if (n == LAWS_MAX || law->memory_bytes > LAW_MEMORY)
		return -EINVAL;
	run->laws[n] = law;
	run->law_memory[n] = (void *)run->law_bytes;
	run->law_bytes += (law->memory_bytes + 63) & ~63ul;
	if (law->step) {
		run->step_laws[run->step_law_count++] = n;
		run->law_steps |= wanted_steps(law);
	}
	run->law_count++;
	return 0;
}

int laws_prepare(struct uiommufd_run *run)
{
	const struct uiommufd_law *const *own = run->options.laws;
	int ret = 0;

	for (unsigned int i = 0; law_table[i] && !ret; i++)
		ret = add_law(run, law_table[i]);
	for (; own && *own && !ret; own++)
		ret = add_law(run, *own);
	if (!ret && (law_race_prepare(run) || law_linear_prepare(run) ||
		     law_initialised_prepare(run)))
		ret = -ENOMEM;
	if (ret || !run->law_bytes)
		return ret;
	run->law_base = mmap(NULL, run->law_bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (run->law_base == MAP_FAILED) {
		run->law_base = NULL;
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < run->law_count; i++)
		run->law_memory[i] = run->law_base +
				     (uintptr_t)run->law_memory[i];
	return 0;
}

void laws_begin(struct uiommufd_run *run)
{
	law_race_begin(run);
	law_linear_begin(run);
	run->shown.bytes = 0;
	law_initialised_begin(run);
	for (unsigned int i = 0; i < run->law_count; i++) {
		const struct uiommufd_law *law = run->laws[i];
		size_t bytes = law->cleared_bytes ? law->cleared_bytes :
						    law->memory_bytes;

		if (bytes)
			memset(run->law_memory[i], 0, bytes);
	}
}

void laws_keep(struct uiommufd_run *run, struct checkpoint *c)
{
	law_race_keep(run, c);
	law_linear_keep(run, c);
	law_initialised_keep(run, c);
	checkpoint_keep(c, &run->shown, offsetof(struct shown, was) +
			run->shown.bytes);
	for (unsigned int i = 0; i < run->law_count; i++)
		if (run->laws[i] == &law_fetch_once)
			law_fetch_once_keep(run->law_memory[i], c);
		else if (run->laws[i] == &law_producer)
			law_producer_keep(run->law_memory[i], c);
		else if (run->laws[i]->memory_bytes)
			checkpoint_keep(c, run->law_memory[i],
					run->laws[i]->memory_bytes);
}

static void others_step(struct uiommufd_run *run, const struct uik_point *point)
{
	struct uiommufd_step step = {
		.kind = (enum uiommufd_step_kind)point->kind,
		.write = point->write,
		.thread = run->fibers[run->running].thread,
		.fiber = run->running,
		.number = run->steps,
		.addr = point->addr,
		.bytes = point->size & ~UIK_PLAIN,
		.site = point->site,
	};

	for (unsigned int i = 0; i < run->step_law_count; i++) {
		unsigned int n = run->step_laws[i];

		if (wanted_steps(run->laws[n]) >> step.kind & 1)
			run->laws[n]->step(run, run->law_memory[n], &step);
	}
}

/* Laws that judge a step by what there is, and remember nothing of it. */
static void judge_step(struct uiommufd_run *run, const struct uik_point *point)
{
	const struct task_struct *task = run->fibers[run->running].task;
	unsigned int held = uik_held_count(task);

	if (point->addr)
		law_memory_step(run, point);
	if (held) {
		law_locks_step(run, task, point);
		if (held > 1 && point->kind == UIK_POINT_UNLOCK)
			law_order_step(run, task, point);
	}
}

void laws_step(struct uiommufd_run *run, const struct uik_point *point)
{
	run->in_law = true;
	if (!run->repeating)
		judge_step(run, point);
	law_race_step(run, point);
	if (run->shown.bytes)
		law_complete_step(run, point);
	if (run->phase == PHASE_THREADS &&
	    (point->kind == UIK_POINT_COPY || run->watch_copies))
		law_initialised_step(run, point);
	if (run->law_steps >> point->kind & 1)
		others_step(run, point);
	run->in_law = false;
	if (run->verdict == VERDICT_BROKEN)
		engine_abandon(run);
}

void laws_threads_done(struct uiommufd_run *run)
{
	run->in_law = true;
	law_linear_judge(run);
	run->in_law = false;
}

void laws_end(struct uiommufd_run *run)
{
	run->in_law = true;
	for (unsigned int i = 0; i < run->law_count; i++)
		if (run->laws[i]->end && run->verdict == VERDICT_CLEAN)
			run->laws[i]->end(run, run->law_memory[i]);
	run->in_law = false;
}

void laws_closed(struct uiommufd_run *run)
{
	run->in_law = true;
	for (unsigned int i = 0; i < run->law_count; i++)
		if (run->laws[i]->closed && run->verdict == VERDICT_CLEAN)
			run->laws[i]->closed(run, run->law_memory[i]);
	run->in_law = false;
}

/* ---- found by the engine ------------------------------------------------- */

static void broken(struct uiommufd_run *run, const char *law,
		   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	engine_break(run, law, format, args);
	va_end(args);
}

const char *fiber_name(struct uiommufd_run *run, unsigned int fiber)
{
	static const char *const numbered[UIOMMUFD_SCENARIO_THREADS] = {
		"t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7",
	};
	int thread;

	if (fiber >= run->fiber_count)
		return "nobody";
	if (fiber == run->end_fiber)
		return "end";
	thread = run->fibers[fiber].thread;
	if (thread < 0)
		return run->fibers[fiber].task ?
			run->fibers[fiber].task->comm : "worker";
	if (run->scenario->thread_name[thread])
		return run->scenario->thread_name[thread];
	return numbered[thread];
}

void law_waited_in_vain(struct uiommufd_run *run, const struct fiber *fiber)
{
	unsigned int number = fiber - run->fibers;

	if (run->scenario->flags & UIOMMUFD_SCENARIO_TIMEOUTS ||
	    (fiber->thread < 0 && number != run->end_fiber))
		return;
	run->running = number;
	run->guilty_frame_count = frames_take(fiber->frame, run->guilty_frames,
					      FRAMES_MAX);
	broken(run, "timeout", "%s waits, and only its timeout ends that",
	       fiber_name(run, number));
}

static size_t describe_waiter(struct uiommufd_run *run, unsigned int i,
			      char *out, size_t room)
{
	const struct fiber *fiber = &run->fibers[i];
	const struct uik_point *p = &fiber->pending;

	return snprintf(out, room, "%s%s %s %p", i ? "; " : "",
			fiber_name(run, i),
			p->kind == UIK_POINT_LOCK ? "wants lock" : "waits at",
			p->addr);
}

void law_deadlock(struct uiommufd_run *run)
{
	char text[MESSAGE_MAX / 2] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < run->fiber_count; i++) {
		const struct fiber *fiber = &run->fibers[i];
		bool matters = fiber->thread >= 0 ||
			(i == run->end_fiber && run->phase == PHASE_END);

		if (!matters || fiber->state == FIBER_DONE ||
		    used >= sizeof(text))
			continue;
		used += describe_waiter(run, i, text + used,
					sizeof(text) - used);
		if (run->running == NOBODY)
			run->running = i;
		run->guilty_frame_count =
			frames_take(fiber->frame, run->guilty_frames,
				    FRAMES_MAX);
	}
	broken(run, "deadlock", "nobody can go on: %s",
	       text[0] == ';' ? text + 2 : text);
}

void law_endless(struct uiommufd_run *run)
{
	broken(run, "progress", "%u steps and no end", run->options.steps);
}

void law_stuck(struct uiommufd_run *run)
{
	broken(run, "progress", "%s runs on and on without making a step",
	       fiber_name(run, run->running));
}

void law_warning(struct uiommufd_run *run, const char *what, const char *file,
		 int line, const char *function, const char *text)
{
	broken(run, strcmp(what, "WARNING") ? "bug" : "warning",
	       "%s at %s:%d %s(): %s", what, file, line, function, text);
}

void law_arithmetic(struct uiommufd_run *run, const void *pc)
{
	broken(run, "crash", "division by zero at %p", pc);
}

void law_crash(struct uiommufd_run *run, const void *addr, const void *pc)
{
	broken(run, "crash", "access to %p, where no memory is, at %p", addr,
	       pc);
}

void law_remains(struct uiommufd_run *run)
{
	struct uik_audit left;

	if (run->scenario->flags & UIOMMUFD_SCENARIO_REMAINS)
		return;
	uik_machine_audit(run->machine, &left);
	if (left.objects != (uint64_t)run->live_objects)
		broken(run, "leak", "%lld objects are left",
		       (long long)(left.objects - run->live_objects));
	else if (left.blocks != run->live_blocks)
		broken(run, "leak", "%lld blocks are left",
		       (long long)(left.blocks - run->live_blocks));
	else if (left.mappings != (uint64_t)run->live_mappings)
		broken(run, "leak", "%lld mappings are left",
		       (long long)(left.mappings - run->live_mappings));
	else if (uik_fd_next_virtual(-1) >= 0)
		broken(run, "leak",
		       "a descriptor was taken and neither given a file nor given back");
}
