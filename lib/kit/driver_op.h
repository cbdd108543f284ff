/* SPDX-License-Identifier: MIT */
/*
 * Calls of drivers' ops, seen by a test.
 *
 * The rooms above call an op through driver_call() or driver_tell(), so that
 * whoever watches the machine learns of it beforehand and may answer in the
 * driver's place.  While no machine is watched a call costs one load and branch
 * more than a bare one.
 *
 * An op is named as the member of its ops table; `destroy`, which several have,
 * with its object before it.
 */
#ifndef KIT_DRIVER_OP_H
#define KIT_DRIVER_OP_H

#include <uik/hook.h>
#include <uik/machine.h>

/* Every op that is called, and what it gives back. */
#define DRIVER_OPS(op) \
	op(capable, TRUTH) op(hw_info, POINTER) \
	op(domain_alloc_identity, POINTER) \
	op(domain_alloc_paging_flags, POINTER) \
	op(domain_alloc_paging, POINTER) op(domain_alloc_nested, POINTER) \
	op(probe_device, POINTER) op(release_device, NOTHING) \
	op(probe_finalize, NOTHING) op(device_group, POINTER) \
	op(get_resv_regions, NOTHING) op(page_response, NOTHING) \
	op(def_domain_type, NUMBER) op(get_viommu_size, SIZE) \
	op(viommu_init, NUMBER) op(attach_dev, NUMBER) \
	op(set_dev_pasid, NUMBER) op(map_pages, NUMBER) \
	op(unmap_pages, SIZE) op(map_range, NUMBER) op(unmap_range, SIZE) \
	op(iotlb_sync_map, NUMBER) op(iotlb_sync, NOTHING) \
	op(cache_invalidate_user, NUMBER) op(iova_to_phys, SIZE) \
	op(enforce_cache_coherency, TRUTH) op(free, NOTHING) \
	op(set_dirty_tracking, NUMBER) op(read_and_clear_dirty, NUMBER) \
	op(viommu_destroy, NOTHING) op(alloc_domain_nested, POINTER) \
	op(cache_invalidate, NUMBER) op(vdevice_init, NUMBER) \
	op(vdevice_destroy, NOTHING) op(get_hw_queue_size, SIZE) \
	op(hw_queue_init_phys, NUMBER) op(hw_queue_destroy, NOTHING) \
	op(access_unmap, NOTHING)

enum driver_op {
#define driver_op_row(op, result) DRIVER_OP_##op,
	DRIVER_OPS(driver_op_row)
#undef driver_op_row
	DRIVER_OP_NR
};

enum driver_op_result {
	DRIVER_OP_NOTHING,
	DRIVER_OP_NUMBER,	/* 0 or -errno */
	DRIVER_OP_POINTER,	/* or ERR_PTR(-errno) */
	DRIVER_OP_SIZE,		/* or an address; 0: none */
	DRIVER_OP_TRUTH
};

struct driver_op_row {
	const char *name;
	enum driver_op_result result;
};

extern const struct driver_op_row driver_op_rows[DRIVER_OP_NR];

struct driver_op_watch {
	/*
	 * @op is about to be called.  True: it is not, and *@value is what it
	 * gives, cast to its type.
	 * Context: any that ops are called in; neither blocks nor meets a point
	 * of <uik/hook.h>: a raw lock of the machine is held.
	 */
	bool (*called)(struct driver_op_watch *watch, enum driver_op op,
		       long *value);
};

/*
 * Watches the machine, or (NULL) no longer; @watch is borrowed meanwhile.  When
 * this returns no call of the watch before is under way.
 */
void driver_op_watch_set(struct uik_machine *machine,
			 struct driver_op_watch *watch);
/* Who watches it, or NULL. */
struct driver_op_watch *driver_op_watch_get(const struct uik_machine *machine);

/* How many machines are watched; atomic. */
extern unsigned int driver_ops_watched __attribute__((visibility("hidden")));

/* By value: two registers, so that nobody who calls an op needs a stack. */
struct driver_op_answer {
	bool given;		/* in the driver's place */
	long value;
};

struct driver_op_answer driver_op_slow(enum driver_op op)
	__attribute__((cold));
/* Failure point (UIK_FAIL_DRIVER); then the same. */
struct driver_op_answer driver_op_ask_slow(enum driver_op op)
	__attribute__((cold, __noinline__));

static inline bool driver_op_is_watched(void)
{
	return uik_unlikely(__atomic_load_n(&driver_ops_watched,
					    __ATOMIC_RELAXED));
}

/* The value of @call, which calls an op; @slow says whether it is called. */
#define driver_call_as(slow, call) \
	({ \
		struct driver_op_answer op_answer = { false, 0 }; \
\
		if (driver_op_is_watched()) \
			op_answer = slow; \
		op_answer.given ? (__typeof__(call))op_answer.value : (call); \
	})
#define driver_call(ops, op, ...) \
	driver_call_as(driver_op_slow(DRIVER_OP_##op), (ops)->op(__VA_ARGS__))
/* A driver may refuse this one, and then has changed nothing. */
#define driver_ask(ops, op, ...) \
	driver_call_as(driver_op_ask_slow(DRIVER_OP_##op), \
		       (ops)->op(__VA_ARGS__))

/* The same for ops that give nothing back: nobody can answer for them. */
#define driver_tell_as(op, call) \
	do { \
		if (driver_op_is_watched()) \
			driver_op_slow(DRIVER_OP_##op); \
		call; \
	} while (0)
#define driver_tell(ops, op, ...) driver_tell_as(op, (ops)->op(__VA_ARGS__))

#endif
