/* SPDX-License-Identifier: MIT */
/*
 * Machines: making, entering, counting, freeing.
 *
 * Process-wide door: the default machine, made at first use and never freed.
 */
#include "kit/machine.h"

#include <pthread.h>
#include <linux/bug.h>
#include <uik/slab.h>

#include "kit/fork.h"
#include "kit/poison.h"
#include "kit/slab.h"

static struct uik_machine *default_machine;
static pthread_once_t default_once = PTHREAD_ONCE_INIT;

static void default_make(void)
{
	default_machine = uik_machine_new(NULL);
	BUG_ON(!default_machine);
}

struct uik_machine *uik_machine_default(void)
{
	struct uik_machine *machine = __atomic_load_n(&default_machine,
						      __ATOMIC_ACQUIRE);

	if (uik_likely(machine))
		return machine;
	pthread_once(&default_once, default_make);
	return default_machine;
}

void machine_forget(void)
{
	static const pthread_once_t fresh = PTHREAD_ONCE_INIT;

	default_machine = NULL;
	default_once = fresh;
}

struct uik_machine *uik_this_machine(void)
{
	return machine_of(current);
}

static void machine_parts_init(struct uik_machine *machine,
			       const struct uik_machine_config *config)
{
	machine->seed = config->seed;
	machine->scatter_pages = config->scatter_pages;
	uik_clock_init(&machine->clock, config->clock);
	irq_domain_init(&machine->irqs, machine);
	device_space_init(&machine->devices);
	mutex_init(&machine->debugfs_lock);
}

struct uik_machine *uik_machine_new(const struct uik_machine_config *config)
{
	static const struct uik_machine_config defaults;
	struct uik_machine *machine;
	size_t size;

	if (!config)
		config = &defaults;
	machine = arena_reserve(config->arena_bytes, &size);
	if (!machine)
		return NULL;
	machine->arena_bytes = size;
	machine->arena.debug = slab_debug_wanted();
	machine->arena.fills = machine->arena.debug || slab_watch_wanted();
	machine->arena.checked = machine->arena.fills || poison_wanted();
	if (arena_init(&machine->arena, size)) {
		arena_release(machine, size);
		return NULL;
	}
	machine_parts_init(machine, config);
	return machine;
}

static void slots_destroy(struct uik_machine *machine)
{
	struct machine_slot *slot;
	int i;

	for (i = UIK_SLOT_NR - 1; i >= 0; i--) {
		slot = &machine->slots[i];
		if (slot->value && slot->destroy)
			slot->destroy(slot->value);
		slot->value = NULL;
	}
}

void uik_machine_free(struct uik_machine *machine)
{
	struct uik_machine *previous;

	if (!machine || WARN_ON(machine == default_machine))
		return;
	previous = uik_enter(machine);
	slots_destroy(machine);
	uik_sync_fini(machine, &machine->sync);
	debugfs_fini(machine);
	mmio_space_fini(&machine->mmio);
	alias_space_fini(&machine->aliases);
	device_space_fini(&machine->devices);
	uik_leave(previous);
	uik_clock_fini(&machine->clock);
	arena_fini(&machine->arena);
	arena_release(machine, machine->arena_bytes);
}

void object_tally_begin(struct uik_machine *machine,
			struct object_tally *tally, const u32 *count)
{
	tally->count = count;
	uik_rawlock_lock(&machine->tallies_lock);
	tally->next = machine->tallies;
	tally->link = &machine->tallies;
	if (tally->next)
		tally->next->link = &tally->next;
	machine->tallies = tally;
	uik_rawlock_unlock(&machine->tallies_lock);
}

void object_tally_end(struct uik_machine *machine, struct object_tally *tally)
{
	uik_rawlock_lock(&machine->tallies_lock);
	*tally->link = tally->next;
	if (tally->next)
		tally->next->link = tally->link;
	uik_rawlock_unlock(&machine->tallies_lock);
	__atomic_fetch_add(&machine->objects,
			   __atomic_load_n(tally->count, __ATOMIC_RELAXED),
			   __ATOMIC_RELAXED);
}

static int64_t count_objects(struct uik_machine *machine)
{
	int64_t sum = __atomic_load_n(&machine->objects, __ATOMIC_RELAXED);

	uik_rawlock_lock(&machine->tallies_lock);
	for (struct object_tally *t = machine->tallies; t; t = t->next)
		sum += __atomic_load_n(t->count, __ATOMIC_RELAXED);
	uik_rawlock_unlock(&machine->tallies_lock);
	return sum;
}

void uik_machine_audit(struct uik_machine *machine, struct uik_audit *out)
{
	uik_sync_settle(machine);
	uik_slab_live(machine, &out->blocks, &out->block_bytes);
	out->objects = count_objects(machine);
	out->mappings = __atomic_load_n(&machine->mappings, __ATOMIC_RELAXED);
	out->locks = uik_locks_held(machine);
	out->warnings = __atomic_load_n(&machine->warnings.unexpected,
					__ATOMIC_RELAXED);
}

void machine_warn_locks(const struct task_struct *task)
{
	WARN_ONCE(1, "the library is left with %u locks held, the last at %p",
		  uik_held_count(task), task->held_top[-1].site);
}

struct uik_machine *uik_enter(struct uik_machine *machine)
{
	struct uik_machine *previous = machine_enter(current, machine);

	uik_point(UIK_POINT_CALL, machine, 0, false);
	return previous;
}

void uik_leave(struct uik_machine *previous)
{
	struct task_struct *task = current;
	struct uik_machine *machine = task->machine;

	uik_point(UIK_POINT_RETURN, machine, 0, false);
	machine_leave(task, machine, previous);
}

void uik_count_object(int delta)
{
	__atomic_fetch_add(&uik_this_machine()->objects, delta,
			   __ATOMIC_RELAXED);
}

void uik_count_mapping(int delta)
{
	__atomic_fetch_add(&uik_this_machine()->mappings, delta,
			   __ATOMIC_RELAXED);
}

void *uik_slot_get(struct uik_machine *machine, enum uik_slot slot)
{
	return __atomic_load_n(&machine->slots[slot].value, __ATOMIC_ACQUIRE);
}

void *uik_slot_set(struct uik_machine *machine, enum uik_slot slot, void *value,
		   void (*destroy)(void *value))
{
	struct machine_slot *this = &machine->slots[slot];
	void *now = NULL;

	if (!__atomic_compare_exchange_n(&this->value, &now, value, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return now;
	__atomic_store_n(&this->destroy, destroy, __ATOMIC_RELEASE);
	return value;
}

void uik_slot_clear(struct uik_machine *machine, enum uik_slot slot)
{
	__atomic_store_n(&machine->slots[slot].value, NULL, __ATOMIC_RELEASE);
}
