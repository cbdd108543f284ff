// SPDX-License-Identifier: MIT
/*
 * Runs an input: decodes each call's arguments against what the client has,
 * makes the call, learns what it made.
 */
#include "fuzz/client.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_test.h>
#include <uiommufd/client.h>
#include <uiommufd/platform.h>
#include <uik/machine.h>
#include <uik/slab.h>
#include <uik/trust.h>

/* A program may have changed what SIGSEGV does: it is asked so often. */
#define LOOK_EVERY 16

struct uiommufd_platform *uiommufd_fuzz_platform(const char *kind)
{
	struct uiommufd_platform_config config;

	uiommufd_platform_config_init(&config, kind);
	config.devices = CLIENT_DEVICES;
	config.clock = UIOMMUFD_CLOCK_AUTO;
	/* A sanitizer marks all of it at the start and the end. */
	config.arena_bytes = 256ul << 20;
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	return uiommufd_platform_new(&config);
}

static uint64_t argument(struct client *client,
			 const struct client_context *context,
			 const struct fuzz_field *field,
			 const struct fuzz_value *value)
{
	switch (field->kind) {
	case FUZZ_POINTER:
		return fuzz_pointer(client->memory, value);
	case FUZZ_DATA:
		return fuzz_data(client->memory, value);
	case FUZZ_ID:
		return fuzz_pick_id(context, field->class, value->code);
	case FUZZ_FD:
		return fuzz_pick_file(client, field->class, value->code);
	default:
		return fuzz_number(field->kind, value);
	}
}

/* At any address; a copy of a size that varies is a call, which checkers slow. */
static inline void put(uint8_t *at, uint64_t value, unsigned int width)
{
	struct any {
		union {
			uint64_t u64;
			uint32_t u32;
			uint16_t u16;
			uint8_t u8;
		};
	} __attribute__((packed, may_alias)) *to = (void *)at;

	if (width == 8)
		to->u64 = value;
	else if (width == 4)
		to->u32 = value;
	else if (width == 2)
		to->u16 = value;
	else
		to->u8 = value;
}

/* The structure (or the arguments of a call) as the input has it. */
static void fill(struct client *client, const struct client_context *context,
		 const struct fuzz_call *call, uint8_t *args)
{
	const struct fuzz_op *op = call->op;
	uint32_t size = op->size, test_op = op->test_op;

	if (op->way == FUZZ_IOCTL || op->way == FUZZ_TEST) {
		if (call->modifiers & FUZZ_MOD_SIZE)
			size = fuzz_number(FUZZ_NUMBER, &call->size);
		memcpy(args, &size, sizeof(size));
	}
	if (op->way == FUZZ_TEST)
		memcpy(args + 4, &test_op, sizeof(test_op));
	for (unsigned int i = 0; i < FUZZ_MAX_FIELDS; i++) {
		const struct fuzz_field *field = &op->fields[i];

		if (!field->kind)
			break;
		if (fuzz_is_input(field))
			put(args + field->offset,
			    argument(client, context, field, &call->fields[i]),
			    op->way == FUZZ_CALL ? 8 : field->width);
	}
	/* Arguments of calls are the library's contract, not the kernel's. */
	if (call->modifiers & FUZZ_MOD_RAW && op->way != FUZZ_CALL)
		memcpy(args + call->raw_offset % (FUZZ_ARG_BYTES - 16), call->raw,
		       call->raw_length);
}

/* What the bytes really ask for: a row of the table, or NULL. */
static const struct fuzz_op *really(const struct fuzz_op *op,
				    const uint8_t *args)
{
	uint32_t test_op;

	if (op->way != FUZZ_TEST)
		return op;
	memcpy(&test_op, args + 4, sizeof(test_op));
	if (test_op == op->test_op)
		return op;
	for (unsigned int i = 0; i < fuzz_op_count; i++)
		if (fuzz_ops[i].way == FUZZ_TEST &&
		    fuzz_ops[i].test_op == test_op)
			return &fuzz_ops[i];
	return NULL;
}

static void learn(struct client *client, struct client_context *context,
		  const struct fuzz_op *op, const uint8_t *args)
{
	uint32_t value;

	for (unsigned int i = 0; i < FUZZ_MAX_FIELDS; i++) {
		const struct fuzz_field *field = &op->fields[i];

		if (!field->kind)
			break;
		if (fuzz_is_input(field) && op->request != IOMMU_DESTROY)
			continue;
		/* It succeeded, so this much of the structure is there. */
		memcpy(&value, args + field->offset, sizeof(value));
		if (field->kind == FUZZ_OUT_ID)
			fuzz_add_id(context, field->class, value);
		if (field->kind == FUZZ_OUT_FD)
			fuzz_add_file(client, value, field->class);
		if (op->request == IOMMU_DESTROY)
			fuzz_drop_id(context, value);
	}
	if (op->test_op == IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT)
		client->limited = true;
	if (op->request == IOMMU_IOAS_MAP_FILE)
		client->memory->file_used = true;
}

/* Where the structure is when it is not where it should be. */
static uint8_t *displace(struct client *client, const struct fuzz_call *call,
			 uint8_t *args)
{
	struct fuzz_memory *memory = client->memory;
	uint8_t *at;

	if (call->modifiers & FUZZ_MOD_POINTER)
		return (uint8_t *)(uintptr_t)fuzz_pointer(memory,
							  &call->pointer);
	if (!(call->modifiers & FUZZ_MOD_EDGE))
		return args;
	at = memory->hole - call->op->size;
	memcpy(at, args, call->op->size);
	memory->written |= 1u << (FUZZ_PAGES - 1);
	return at;
}

static bool is_readable(const struct fuzz_memory *memory, const uint8_t *at)
{
	return (at >= memory->args &&
		at <= memory->args + FUZZ_THREADS * FUZZ_ARGS) ||
	       (at >= memory->good && at <= memory->hole - 8);
}

/* The command tells 0 for a descriptor: it is the lowest that is free. */
static int lowest_free(const struct client_context *context)
{
	int fd = uiommufd_dup(context->fd);

	uiommufd_close(fd);
	return fd;
}

static void make_ioctl(struct client *client, struct client_context *context,
		       const struct fuzz_call *call, uint8_t *args)
{
	const struct fuzz_op *op = call->op;
	unsigned long request = op->request ^ (unsigned long)call->request << 8;
	uint8_t *at = displace(client, call, args);
	const struct fuzz_op *real =
		is_readable(client->memory, at) ? really(op, at) : NULL;
	bool dmabuf = real && real->test_op == IOMMU_TEST_OP_DMABUF_GET;
	int ret, lowest = dmabuf ? lowest_free(context) : -1;

	if (call->modifiers & FUZZ_MOD_FAIL)
		uiommufd_fail_nth(call->fail_nth,
				  (call->fail_kinds & UIOMMUFD_FAIL_ANY) |
				  (call->fail_kinds & 0x80 ?
					   UIOMMUFD_FAIL_STICKY : 0));
	ret = uiommufd_ioctl(context->fd, request, at);
	if (call->modifiers & FUZZ_MOD_FAIL)
		uiommufd_fail_nth(0, 0);
	if (ret < 0 || !real)
		return;
	if (dmabuf)
		fuzz_add_file(client, ret > 0 ? ret : lowest, FUZZ_FILE);
	learn(client, context, real, at);
}

static void make_value_ioctl(struct client_context *context,
			     const struct fuzz_call *call, const uint8_t *args)
{
	uint64_t value;

	memcpy(&value, args, sizeof(value));
	uiommufd_ioctl(context->fd,
		       call->op->request ^ (unsigned long)call->request << 8,
		       (void *)(uintptr_t)value);
}

static void make_call(struct client *client, unsigned int thread,
		      const struct fuzz_call *call)
{
	struct client_context *context =
		fuzz_context(client, call->modifiers);
	uint8_t *args = client->memory->args + thread * FUZZ_ARGS;

	if (!context)
		return;
	fill(client, context, call, args);
	switch (call->op->way) {
	case FUZZ_CALL:
		fuzz_do_call(client, call->op, context,
			     (const uint64_t *)args);
		break;
	case FUZZ_VALUE:
		make_value_ioctl(context, call, args);
		break;
	default:
		make_ioctl(client, context, call, args);
	}
	fuzz_args_reset(args);
}

void fuzz_make_calls(struct client *client, unsigned int thread,
		     const struct fuzz_reader *section)
{
	struct fuzz_reader reader = *section;
	unsigned int count = 0;
	struct fuzz_call call;

	while (count++ < FUZZ_MAX_CALLS && fuzz_next_call(&reader, &call))
		make_call(client, thread, &call);
}

static void run_plainly(struct client *client, const uint8_t *data, size_t size)
{
	struct fuzz_reader reader;
	unsigned int sections = 0;
	size_t at = 0;

	while (sections++ < FUZZ_MAX_SECTIONS &&
	       fuzz_next_section(data, size, &at, &reader))
		fuzz_make_calls(client, 0, &reader);
}

static uint64_t audited(struct uiommufd_platform *platform)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	uiommufd_platform_audit(platform, &audit);
	return audit.objects + audit.blocks + audit.locks + audit.mappings +
	       audit.warnings;
}

/*
 * What there was on a platform before its next input: a driver has blocks of its
 * own.  It is the platform's and ends with it, since another platform may have
 * the same address.  An audit takes as long as some calls: it is made once for
 * each input, and once more before the first.
 */
static uint64_t *baseline(struct uiommufd_platform *platform)
{
	struct uik_machine *machine = uiommufd_platform_machine(platform);
	uint64_t *before = uik_slot_get(machine, UIK_SLOT_FUZZ);

	if (before)
		return before;
	/* Not the machine's memory: it would be found by the audit. */
	before = malloc(sizeof(*before));
	if (!before)
		return NULL;
	*before = audited(platform);
	return uik_slot_set(machine, UIK_SLOT_FUZZ, before, free);
}

const char *uiommufd_fuzz_complaint(void)
{
	struct fuzz_memory *memory = fuzz_memory_get();

	return memory && memory->complaint[0] ? memory->complaint : NULL;
}

/* Whether a law broke. */
static bool run_any(struct fuzz_memory *memory,
		    struct uiommufd_platform *platform, const uint8_t *data,
		    size_t size)
{
	struct client client;

	if (fuzz_is_decided(data, size))
		return fuzz_play(memory, platform, data, size);
	/* Few are run with descriptors of the system's: these cost more. */
	if (!fuzz_begin(&client, platform, memory, size % 8))
		return false;
	run_plainly(&client, data, size);
	fuzz_end(&client, size && data[size - 1] & 1);
	return false;
}

int64_t uiommufd_fuzz_one(struct uiommufd_platform *platform,
			  const uint8_t *data, size_t size)
{
	struct fuzz_memory *memory = fuzz_memory_get();
	uint64_t *before, now;
	int64_t left;
	bool broken;

	if (size > UIOMMUFD_FUZZ_MAX_BYTES)
		size = UIOMMUFD_FUZZ_MAX_BYTES;
	before = memory ? baseline(platform) : NULL;
	if (!before)
		return 0;
	memory->complaint[0] = '\0';
	uik_slab_age(uiommufd_platform_machine(platform));
	uik_trust_begin(memory->trusted && ++memory->inputs % LOOK_EVERY);
	broken = run_any(memory, platform, data, size);
	memory->trusted = uik_trust_end();
	if (broken)
		return 1;
	now = audited(platform);
	left = now - *before;
	*before = now;
	return left;
}
