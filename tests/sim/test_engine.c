/* SPDX-License-Identifier: MIT */
/*
 * Who moves the queues: by hand, inline, by the engine's thread.
 */
#include "hw.h"
#include <linux/interrupt.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <uik/clock.h>
#include <uik/task.h>

static struct hw *hw_mode(enum uiommufd_engine engine,
			  enum uiommufd_clock clock)
{
	struct uiommufd_platform_config config;

	hw_config(&config);
	config.clock = clock;
	config.hardware.engine = engine;
	return hw_with(&config);
}

/* Law: by hand nothing moves but in step, and no more than asked. */
static void test_stepped(void **state)
{
	struct hw *hw = hw_mode(UIOMMUFD_ENGINE_STEPPED,
				UIOMMUFD_CLOCK_MANUAL);
	struct ring ring;

	ring_init(&ring, 6);
	hw_guest_queue(hw, &ring);
	for (int i = 0; i < 50; i++)
		ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	uiommufd_kick(hw->platform);
	assert_int_equal(rd(hw, LV(1, 0)), 0);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, 1), 1);
	assert_int_equal(rd(hw, LV(1, 0)), 1);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, 7), 7);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, 100), 42);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, 100), 0);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: queues take turns of batch_commands. */
static void test_fair(void **state)
{
	struct uiommufd_platform_config config;
	struct ring ring[2];
	struct hw *hw;

	hw_config(&config);
	config.hardware.batch_commands = 4;
	hw = hw_with(&config);
	ring_init(&ring[0], 6);
	ring_init(&ring[1], 6);
	hw_guest_queue(hw, &ring[0]);
	hw_host_queue(hw, &ring[1]);
	for (int i = 0; i < 40; i++) {
		ring_put(&ring[0], SYNC0, 0);
		ring_put(&ring[1], SYNC0, 0);
	}
	wr(hw, LV(1, 0) + 4, ring[0].prod);
	wr(hw, LV(0, 0) + 4, ring[1].prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, 12), 12);
	assert_int_equal(rd(hw, LV(0, 0)), 8);
	assert_int_equal(rd(hw, LV(1, 0)), 4);
	ring_fini(&ring[0]);
	ring_fini(&ring[1]);
	hw_free(hw);
}

/* Law: inline, a doorbell returns when its work is done. */
static void test_inline(void **state)
{
	struct uiommufd_platform_config config;
	struct ring ring;
	struct hw *hw;

	for (int slow = 0; slow < 2; slow++) {
		hw_config(&config);
		config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
		config.hardware.command_latency_ns = slow ? 1000 : 0;
		hw = hw_with(&config);
		ring_init(&ring, 9);
		hw_guest_queue(hw, &ring);
		for (int i = 0; i < 500; i++)
			ring_put(&ring, SYNC0, 0);
		wr(hw, LV(1, 0) + 4, ring.prod);
		assert_int_equal(rd(hw, LV(1, 0)), 500);
		if (slow)
			assert_true(uiommufd_platform_now_ns(hw->platform) >=
				    500000);
		ring_put(&ring, 0xee, 0);
		ring_put(&ring, SYNC0, 0);
		wr(hw, LV(1, 0) + 4, ring.prod);
		assert_int_equal(rd(hw, LV(1, 0)), 1 << 24 | 500);
		ring.entry[1000] = SYNC0;
		wr(hw, LV(1, 0) + 0x14, 1);
		assert_int_equal(rd(hw, LV(1, 0)), 502);
		ring_fini(&ring);
		hw_free(hw);
	}
}

/* Law: inline, stores to the page are seen at a kick. */
static void test_inline_kick(void **state)
{
	struct hw *hw = hw_mode(UIOMMUFD_ENGINE_INLINE, UIOMMUFD_CLOCK_MANUAL);
	struct ring ring;
	uint32_t *page;

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	page = (uint32_t *)hw->sim->vintf[1].page;
	ring_put(&ring, SYNC0, 0);
	__atomic_store_n(&page[1], ring.prod, __ATOMIC_RELEASE);
	assert_int_equal(page[0], 0);
	uiommufd_kick(hw->platform);
	assert_int_equal(page[0], 1);
	ring_fini(&ring);
	hw_free(hw);
}

static bool wait_cons(const uint32_t *cell, uint32_t value)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (__atomic_load_n(cell, __ATOMIC_ACQUIRE) != value) {
		/* More producers than processors: let the engine have one. */
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > 20)
			return false;
	}
	return true;
}

struct producer {
	struct hw *hw;
	unsigned int v;
	struct ring ring;
	uint32_t *slot;
	unsigned int rounds;
	bool by_page;
	bool kick;
	uint64_t sent;
	bool failed;
};

static int produce(void *arg)
{
	struct producer *p = arg;
	struct uik_machine *previous = uik_enter(p->hw->platform->machine);
	uint64_t seed = 0x1234 + p->v;

	for (unsigned int i = 0; i < p->rounds && !p->failed; i++) {
		unsigned int some = 1 + next_random(&seed) % 60;

		for (unsigned int k = 1; k < some; k++)
			ring_put(&p->ring, tlbi_va0(0, 1), (uint64_t)k << 12);
		ring_put(&p->ring, SYNC0, 0);
		p->sent += some;
		if (p->by_page)
			__atomic_store_n(&p->slot[1], p->ring.prod,
					 __ATOMIC_RELEASE);
		else
			wr(p->hw, LV(p->v, 0) + 4, p->ring.prod);
		if (p->kick)
			uiommufd_kick(p->hw->platform);
		p->failed = !wait_cons(&p->slot[0], p->ring.prod);
	}
	uik_leave(previous);
	return 0;
}

/* Starts queue 2v as LVCMDQ 0 of VINTF v. */
static void producer_init(struct producer *p, struct hw *hw, unsigned int v)
{
	memset(p, 0, sizeof(*p));
	p->hw = hw;
	p->v = v;
	p->rounds = 300;
	ring_init(&p->ring, 6);
	hw_enable_vintf(hw, v, v << 1);
	hw_map(hw, 2 * v, v, 0);
	hw_start(hw, v, 0, &p->ring);
	p->slot = (uint32_t *)hw->sim->vintf[v].page;
}

static void await_status(struct hw *hw, unsigned int v, uint32_t value)
{
	for (int i = 0; rd(hw, LV(v, 0) + 0xc) != value && i < 1000000; i++)
		;
	assert_int_equal(rd(hw, LV(v, 0) + 0xc), value);
}

/*
 * Law: with the thread, producers on several queues, by register and by page,
 * get every command executed once.  (Run under TSan as well.)
 */
static void test_thread(void **state)
{
	struct hw *hw = hw_mode(UIOMMUFD_ENGINE_THREAD, UIOMMUFD_CLOCK_WALL);
	struct uik_thread *thread[4];
	struct producer producer[4];

	for (unsigned int v = 0; v < 4; v++) {
		producer_init(&producer[v], hw, v);
		producer[v].by_page = v % 2;
		producer[v].kick = v >= 2;
	}
	for (unsigned int v = 0; v < 4; v++)
		thread[v] = uik_thread_start(produce, &producer[v], "producer");
	for (unsigned int v = 0; v < 4; v++) {
		uik_thread_join(thread[v]);
		assert_false(producer[v].failed);
		assert_int_equal(counters_of(hw, 2 * v).commands,
				 producer[v].sent);
		wr(hw, LV(v, 0) + 8, 0);
		await_status(hw, v, 0);
		ring_fini(&producer[v].ring);
	}
	assert_int_equal(guest_error_count(hw->cmdqv), 0);
	hw_free(hw);
}

/*
 * Law: mapping, enabling and disabling one VINTF over and over does not
 * disturb another that is at work.
 */
static void test_thread_churn(void **state)
{
	struct hw *hw = hw_mode(UIOMMUFD_ENGINE_THREAD, UIOMMUFD_CLOCK_WALL);
	struct producer producer;
	struct uik_thread *thread;
	struct ring ring;

	producer_init(&producer, hw, 3);
	producer.by_page = true;
	ring_init(&ring, 4);
	thread = uik_thread_start(produce, &producer, "producer");
	for (int i = 0; i < 200; i++) {
		hw_enable_vintf(hw, 1, i << 1);
		hw_map(hw, 2, 1, 0);
		wr(hw, LV(1, 0), 0);
		wr(hw, LV(1, 0) + 4, 0);
		ring.prod = 0;
		wr64(hw, LV1(1, 0), ring_base(&ring));
		wr(hw, LV(1, 0) + 8, 1);
		await_status(hw, 1, 1);
		ring_put(&ring, tlbi_va0(1, 1), 0);
		ring_put(&ring, SYNC0, 0);
		wr(hw, LV(1, 0) + 4, ring.prod);
		wr(hw, LV(1, 0) + 8, 0);
		await_status(hw, 1, 0);
		wr(hw, ALLOC(2), 1 << 15);
		wr(hw, VINTF(1), 0);
	}
	uik_thread_join(thread);
	assert_false(producer.failed);
	assert_int_equal(counters_of(hw, 6).commands, producer.sent);
	assert_int_equal(guest_error_count(hw->cmdqv), 0);
	ring_fini(&ring);
	wr(hw, LV(3, 0) + 8, 0);
	await_status(hw, 3, 0);
	ring_fini(&producer.ring);
	hw_free(hw);
}

/* Law: an idle engine that rests is woken by a doorbell and by a kick. */
static void test_rest(void **state)
{
	struct hw *hw = hw_mode(UIOMMUFD_ENGINE_THREAD, UIOMMUFD_CLOCK_MANUAL);
	struct producer producer;

	producer_init(&producer, hw, 1);
	producer.rounds = 20;
	produce(&producer);
	assert_false(producer.failed);
	producer.by_page = true;
	producer.kick = true;
	produce(&producer);
	assert_false(producer.failed);
	wr(hw, LV(1, 0) + 8, 0);
	await_status(hw, 1, 0);
	ring_fini(&producer.ring);
	hw_free(hw);
}

/* Law: the mode can change while queues are at work; nothing is lost. */
static void test_change_mode(void **state)
{
	struct hw *hw = hw_mode(UIOMMUFD_ENGINE_STEPPED, UIOMMUFD_CLOCK_WALL);
	static const enum uiommufd_engine modes[] = {
		UIOMMUFD_ENGINE_THREAD, UIOMMUFD_ENGINE_INLINE,
		UIOMMUFD_ENGINE_THREAD, UIOMMUFD_ENGINE_STEPPED,
	};
	struct ring ring;
	uint64_t sent = 0;

	ring_init(&ring, 6);
	hw_guest_queue(hw, &ring);
	for (int i = 0; i < 40; i++) {
		for (int k = 0; k < 30; k++, sent++)
			ring_put(&ring, SYNC0, 0);
		wr(hw, LV(1, 0) + 4, ring.prod);
		assert_int_equal(uiommufd_vcmdq_set_engine(hw->platform,
							   modes[i % 4]), 0);
		while (rd(hw, LV(1, 0)) != ring.prod)
			uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	}
	assert_int_equal(counters_of(hw, 2).commands, sent);
	assert_int_equal(uiommufd_vcmdq_set_engine(hw->platform, 7), -1);
	assert_int_equal(errno, EINVAL);
	wr(hw, LV(1, 0) + 8, 0);
	ring_fini(&ring);
	hw_free(hw);
}

static void *step_main(void *arg)
{
	struct hw *hw = arg;

	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	return NULL;
}

/*
 * Law (12): CONS passes a CMD_SYNC when that is done, not when all that was
 * fetched with it is.
 */
static void test_cons_at_sync(void **state)
{
	struct hw *hw = hw_mode(UIOMMUFD_ENGINE_STEPPED, UIOMMUFD_CLOCK_MANUAL);
	struct cache *cache = &hw->sim->cache[UIOMMUFD_CACHE_CONFIG];
	struct uiommufd_translation stream = { .stream_id = 5 };
	pthread_t thread;
	struct ring ring;
	bool passed;

	ring_init(&ring, 4);
	hw_host_queue(hw, &ring);
	uiommufd_cache_fill(hw->platform, UIOMMUFD_CACHE_CONFIG, &stream);
	ring_put(&ring, tlbi_va0(0, 1), 0);
	ring_put(&ring, SYNC0, 0);
	ring_put(&ring, sid_command(3, 9), 1);
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(0, 0) + 4, ring.prod);
	assert_false(hw->sim->slow);
	/* The CFGI in the middle waits for the cache that we keep. */
	spin_lock(&cache->lock);
	pthread_create(&thread, NULL, step_main, hw);
	passed = wait_cons((uint32_t *)hw->sim->vintf[0].page, 2);
	spin_unlock(&cache->lock);
	pthread_join(thread, NULL);
	assert_true(passed);
	assert_int_equal(rd(hw, LV(0, 0)), 4);
	ring_fini(&ring);
	hw_free(hw);
}

/* Time passes while a guest's command is executed. */
static void take_time(void *arg, const struct uiommufd_vcmdq_command *command)
{
	struct hw *hw = arg;

	if (command->queue == 2)
		uik_clock_advance(hw->platform->machine, 500);
}

/*
 * Law: a step ends when nothing is left that could be done: what was under way
 * when it was looked at may be due by the end of the look.
 */
static void test_step_again_in_flight(void **state)
{
	struct ring first, second;
	struct hw *hw = hw_slow(1000);

	ring_init(&first, 4);
	ring_init(&second, 4);
	hw_host_queue(hw, &first);
	hw_guest_queue(hw, &second);
	uiommufd_vcmdq_observe(hw->platform, take_time, hw);
	ring_put(&second, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, second.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	uiommufd_platform_advance(hw->platform, 500);
	ring_put(&first, SYNC0, 0);
	wr(hw, LV(0, 0) + 4, first.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	uiommufd_platform_advance(hw->platform, 500);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 2);
	ring_fini(&first);
	ring_fini(&second);
	hw_free(hw);
}

static irqreturn_t ring_main_queue(int irq, void *arg)
{
	swr(arg, 0x98, 1);
	return IRQ_HANDLED;
}

/* Law: nor before what an interrupt's handler gives it to do is done. */
static void test_step_again_interrupt(void **state)
{
	struct hw *hw = hw_mode(UIOMMUFD_ENGINE_THREAD, UIOMMUFD_CLOCK_MANUAL);
	int irq = hw->sim->irq[SIM_LINE_CMDQV];
	struct ring guest, main_ring;

	/* Handlers go on running by themselves. */
	assert_int_equal(uiommufd_vcmdq_set_engine(hw->platform,
						   UIOMMUFD_ENGINE_STEPPED), 0);
	assert_int_equal(request_threaded_irq(irq, ring_main_queue, NULL, 0,
					      "test", hw), 0);
	ring_init(&guest, 4);
	ring_init(&main_ring, 7);
	hw_main_queue(hw, &main_ring);
	ring_put(&main_ring, SYNC0, 0);
	hw_guest_queue(hw, &guest);
	ring_put(&guest, SYNC0, 0);
	ring_put(&guest, 0xee, 0);
	wr(hw, LV(1, 0) + 4, guest.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 2);
	assert_int_equal(srd(hw, 0x9c), 1);
	free_irq(irq, hw);
	ring_fini(&guest);
	ring_fini(&main_ring);
	hw_free(hw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stepped),
		cmocka_unit_test(test_fair),
		cmocka_unit_test(test_inline),
		cmocka_unit_test(test_inline_kick),
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_thread_churn),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_change_mode),
		cmocka_unit_test(test_cons_at_sync),
		cmocka_unit_test(test_step_again_in_flight),
		cmocka_unit_test(test_step_again_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
