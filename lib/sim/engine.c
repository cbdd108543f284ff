/* SPDX-License-Identifier: MIT */
/*
 * The engine: who looks at the queues, and when.
 *
 * A look (engine_pass) goes over the main queue and every mapped VCMDQ, takes
 * over what software stored to the pages, and executes some commands of each.
 * Looking costs a few loads per queue that has nothing to do.
 *
 * The thread looks again at once while there is work and SPIN_NS longer (of its
 * own time, not of others' who share the processor), then
 * SHORT_SLEEPS times with SHORT_SLEEP_NS between looks, then every
 * idle_sleep_ns.  From the second stage on a trigger wakes it.  On a virtual
 * clock it goes to sleep at once and has no limit there but the end of what is
 * in flight: time passes only when everybody waits.
 */
#include <asm/barrier.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <errno.h>
#include <uik/clock.h>
#include <uik/task.h>
#include "kit/fork.h"
#include "sim.h"

#define SPIN_NS 50000
#define LOOKS_A_TIME 32
#define LOOKS_NS 4000		/* so many looks take less */
#define SHORT_SLEEPS 128
#define SHORT_SLEEP_NS 20000
#define SCRUB_BYTES 4096

struct engine {
	struct sim *sim;
	struct uik_thread *thread;	/* owned; NULL without one */
	struct wait_queue_head wait;
	bool stop;			/* atomic */
	bool kicked;			/* atomic */
	/* The thread's own, since there was work: */
	u32 looks;
	u32 short_sleeps;
	u64 asked_ns;			/* when it asked for the time, or 0 */
	u64 quiet_ns;			/* how long it has looked since */
};

/*
 * Mapped VCMDQs, ascending: the body finds the number in mapped_first().  What is
 * not mapped is off and has nothing in flight.
 */
#define for_each_mapped(sim, word, bits)                                   \
	for (u32 word = 0; word < MAX_VCMDQS / 64; word++)                 \
		for (u64 bits = __atomic_load_n(&(sim)->mapped[word],      \
						__ATOMIC_ACQUIRE);         \
		     bits; bits &= bits - 1)

static inline struct sim_queue *mapped_first(struct sim *sim, u32 word,
					     u64 bits)
{
	return sim_vcmdq(sim, word * 64 + __builtin_ctzll(bits));
}

/* --- looking --------------------------------------------------------------*/

/* @more: set if, of what is known by now, something was left to execute. */
static inline u32 service_queue(struct sim_queue *queue, u32 max_commands,
				bool *more)
{
	u32 done;

	if (!queue_wants_work(queue))
		return 0;
	spin_lock(&queue->lock);
	/* Nothing but a doorbell changes what the queue is to do. */
	if (uik_unlikely(queue->enable.moving || !page_pull_prod(queue))) {
		page_pull(queue);
		queue_update(queue);
	}
	done = queue_run(queue, max_commands);
	if (uik_unlikely(queue->stopping))
		queue_update(queue);
	*more |= done == max_commands || queue->in_flight;
	spin_unlock(&queue->lock);
	return done;
}

static void follow_handshakes(struct sim *sim)
{
	if (!READ_ONCE(sim->moving))
		return;
	/* Whoever is still on its way sets it again. */
	WRITE_ONCE(sim->moving, false);
	smmu_update(sim);
	if (sim->cmdqv)
		cmdqv_update(sim);
}

/* Interrupts that are delivered may give work, and so may a handshake. */
static bool pass_again(struct sim *sim)
{
	bool more = READ_ONCE(sim->moving);

	return sim_deliver(sim) || more;
}

u64 engine_pass(struct sim *sim, u64 max_commands, bool *out_more)
{
	u64 batch = sim->config.batch_commands;
	bool more = false;
	u64 done = 0;

	uik_point(UIK_POINT_STEP, sim, 0, true);
	mmio_count(&sim->scans);
	follow_handshakes(sim);
	done += service_queue(sim_main_queue(sim),
			      min_t(u64, batch, max_commands), &more);
	for_each_mapped(sim, word, bits)
		done += service_queue(mapped_first(sim, word, bits),
				      min_t(u64, batch, max_commands - done),
				      &more);
	*out_more = pass_again(sim) || more;
	return done;
}

/* What software wrote where nothing of its own lives goes away again. */
static void scrub(struct sim *sim, u32 bytes)
{
	for (u32 v = 0; sim->cmdqv && v < sim->vintfs; v++) {
		struct sim_vintf *vintf = &sim->vintf[v];

		if (!READ_ONCE(vintf->enable.is))
			continue;
		spin_lock(&sim->config_lock);
		page_scrub(sim, vintf, bytes);
		spin_unlock(&sim->config_lock);
	}
}

/* --- inline ---------------------------------------------------------------*/

/* Works until the queue (all, if NULL) is empty or stopped. */
static void drain(struct sim *sim, struct sim_queue *queue)
{
	for (;;) {
		u64 now, done_ns = 0;
		bool more = false;

		if (queue ? service_queue(queue, sim->config.batch_commands,
					  &more) :
			    engine_pass(sim, U64_MAX, &more))
			continue;
		if (!queue || !READ_ONCE(queue->in_flight))
			break;
		spin_lock(&queue->lock);
		if (queue->in_flight)
			done_ns = queue->done_ns;
		spin_unlock(&queue->lock);
		now = uik_machine_now_ns(sim->machine);
		if (done_ns > now)
			ndelay(done_ns - now);
	}
}

static void wake(struct engine *engine)
{
	WRITE_ONCE(engine->kicked, true);
	wake_up(&engine->wait);
}

void engine_trigger_slow(struct sim *sim, struct sim_queue *queue)
{
	u32 attention;

	/* Pairs with rest(): either it sees our work, or we see it rest. */
	smp_mb();
	attention = __atomic_load_n(&sim->attention, __ATOMIC_RELAXED);
	if (attention & ATTENTION_INLINE)
		drain(sim, queue);
	else if (attention & ATTENTION_RESTING)
		wake(sim->engine);
	sim_deliver(sim);
}

/* --- the thread -----------------------------------------------------------*/

static bool is_due(const struct sim_queue *queue)
{
	return queue_wants_work(queue) && !READ_ONCE(queue->in_flight);
}

static bool anything_to_do(struct sim *sim)
{
	bool due = is_due(sim_main_queue(sim));

	for_each_mapped(sim, word, bits)
		due = due || is_due(mapped_first(sim, word, bits));
	return due;
}

/* When what is in flight is done; U64_MAX without any. */
static u64 deadline_of(struct sim_queue *queue)
{
	u64 deadline = U64_MAX;

	if (!READ_ONCE(queue->in_flight))
		return deadline;
	spin_lock(&queue->lock);
	if (queue->in_flight)
		deadline = queue->done_ns;
	spin_unlock(&queue->lock);
	return deadline;
}

/* The earliest of all queues'. */
static u64 next_deadline(struct sim *sim)
{
	u64 deadline = deadline_of(sim_main_queue(sim));

	for_each_mapped(sim, word, bits)
		deadline = min_t(u64, deadline,
				 deadline_of(mapped_first(sim, word, bits)));
	return deadline;
}

static bool woken(struct engine *engine)
{
	return READ_ONCE(engine->kicked) || READ_ONCE(engine->stop) ||
	       fork_pending() || anything_to_do(engine->sim);
}

/* Sleeps for @limit_ns at most; any trigger ends it. */
static void rest(struct engine *engine, u64 limit_ns)
{
	struct sim *sim = engine->sim;
	u64 now = uik_machine_now_ns(sim->machine);
	u64 end = limit_ns < U64_MAX - now ? now + limit_ns : U64_MAX;

	__atomic_fetch_or(&sim->attention, ATTENTION_RESTING,
			  __ATOMIC_SEQ_CST);
	uik_wait_loop(engine->wait, woken(engine) || now >= end,
		      TASK_UNINTERRUPTIBLE, 0,
		      uik_schedule_ns(end == U64_MAX ? end : end - now);
		      now = uik_machine_now_ns(sim->machine));
	__atomic_fetch_and(&sim->attention, ~ATTENTION_RESTING,
			   __ATOMIC_RELAXED);
	WRITE_ONCE(engine->kicked, false);
}

/* How long to sleep before the next look; 0: not at all. */
static u64 idle_ns(struct engine *engine, u64 now)
{
	u64 longest = engine->sim->config.idle_sleep_ns;

	if (engine->sim->virtual_clock)
		return U64_MAX;
	/* While others had the processor there was no looking. */
	if (engine->asked_ns)
		engine->quiet_ns += min_t(u64, now - engine->asked_ns,
					  LOOKS_NS);
	engine->asked_ns = now;
	if (engine->quiet_ns < SPIN_NS)
		return 0;
	if (engine->short_sleeps == SHORT_SLEEPS)
		return longest;
	engine->short_sleeps++;
	return min_t(u64, SHORT_SLEEP_NS, longest);
}

static void forget_quiet(struct engine *engine)
{
	engine->looks = 0;
	engine->short_sleeps = 0;
	engine->asked_ns = 0;
	engine->quiet_ns = 0;
}

/* Nothing was done: let time pass, little by little more of it. */
static void pass_time(struct engine *engine)
{
	struct sim *sim = engine->sim;
	u64 deadline, now, sleep_ns;

	/* Asking for the time costs more than a look. */
	if (++engine->looks % LOOKS_A_TIME && !sim->virtual_clock) {
		cpu_relax();
		return;
	}
	deadline = next_deadline(sim);
	now = uik_machine_now_ns(sim->machine);
	sleep_ns = idle_ns(engine, now);
	if (deadline != U64_MAX)
		sleep_ns = min_t(u64, sleep_ns,
				 deadline > now ? deadline - now : 0);
	if (!sleep_ns) {
		/* Software may be waiting for this very processor. */
		uik_resched();
		return;
	}
	scrub(sim, SCRUB_BYTES);
	rest(engine, sleep_ns);
}

static int engine_main(void *arg)
{
	struct engine *engine = arg;
	struct uik_machine *previous = uik_enter(engine->sim->machine);

	while (!READ_ONCE(engine->stop)) {
		bool more;

		fork_stand();
		if (engine_pass(engine->sim, U64_MAX, &more))
			forget_quiet(engine);
		else
			pass_time(engine);
	}
	uik_leave(previous);
	return 0;
}

static void engine_wake(void *arg)
{
	wake(arg);
}

static void thread_stop(struct engine *engine)
{
	if (!engine->thread)
		return;
	WRITE_ONCE(engine->stop, true);
	wake(engine);
	uik_thread_join(engine->thread);
	engine->thread = NULL;
	WRITE_ONCE(engine->stop, false);
}

static void set_mode(struct sim *sim, enum uiommufd_engine mode)
{
	WRITE_ONCE(sim->mode, mode);
	if (mode == UIOMMUFD_ENGINE_INLINE)
		__atomic_fetch_or(&sim->attention, ATTENTION_INLINE,
				  __ATOMIC_RELEASE);
	else
		__atomic_fetch_and(&sim->attention, ~ATTENTION_INLINE,
				   __ATOMIC_RELEASE);
}

static int engine_change(struct sim *sim, enum uiommufd_engine mode)
{
	struct engine *engine = sim->engine;

	if (mode != UIOMMUFD_ENGINE_THREAD) {
		set_mode(sim, mode);
		thread_stop(engine);
		if (mode == UIOMMUFD_ENGINE_INLINE)
			drain(sim, NULL);
		return 0;
	}
	if (!engine->thread) {
		forget_quiet(engine);
		engine->thread = thread_start_lasting(engine_main, engine,
						      "vcmdq-engine",
						      engine_wake);
		if (!engine->thread)
			return -ENOMEM;
	}
	set_mode(sim, mode);
	return 0;
}

int engine_start(struct sim *sim, enum uiommufd_engine mode)
{
	struct engine *engine = kzalloc(sizeof(*engine), GFP_KERNEL);

	if (!engine)
		return -ENOMEM;
	engine->sim = sim;
	sim->mode = UIOMMUFD_ENGINE_STEPPED;
	init_waitqueue_head(&engine->wait);
	sim->engine = engine;
	return engine_change(sim, mode);
}

void engine_stop(struct sim *sim)
{
	if (!sim->engine)
		return;
	thread_stop(sim->engine);
	kfree(sim->engine);
	sim->engine = NULL;
}

/* --- public doors ---------------------------------------------------------*/

uint64_t uiommufd_vcmdq_step(struct uiommufd_platform *platform,
			     uint64_t max_commands)
{
	struct sim *sim = platform_sim(platform);
	struct uik_machine *previous;
	u64 done = 0;
	u64 some;
	bool more;

	if (!sim)
		return 0;
	previous = uik_enter(sim->machine);
	scrub(sim, VINTF_PAGE_BYTES);
	do {
		some = engine_pass(sim, max_commands - done, &more);
		done += some;
	} while (some && more && done < max_commands);
	uik_leave(previous);
	return done;
}

void uiommufd_kick(struct uiommufd_platform *platform)
{
	struct sim *sim = platform_sim(platform);
	struct uik_machine *previous;

	if (!sim)
		return;
	/* The caller's store, then the look at who rests. */
	smp_mb();
	if (!__atomic_load_n(&sim->attention, __ATOMIC_RELAXED))
		return;
	previous = uik_enter(sim->machine);
	if (READ_ONCE(sim->mode) == UIOMMUFD_ENGINE_INLINE)
		scrub(sim, VINTF_PAGE_BYTES);
	engine_trigger(sim, NULL);
	uik_leave(previous);
}

int uiommufd_vcmdq_set_engine(struct uiommufd_platform *platform,
			      enum uiommufd_engine engine)
{
	struct sim *sim = platform_sim(platform);
	struct uik_machine *previous;
	int rc;

	if (!sim || (unsigned int)engine > UIOMMUFD_ENGINE_STEPPED) {
		errno = sim ? EINVAL : ENODEV;
		return -1;
	}
	previous = uik_enter(sim->machine);
	rc = engine_change(sim, engine);
	uik_leave(previous);
	if (!rc)
		return 0;
	errno = -rc;
	return -1;
}
