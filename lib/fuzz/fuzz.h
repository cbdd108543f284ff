/* SPDX-License-Identifier: MIT */
/*
 * The fuzzing room: a table of calls, a reader of inputs, a client that makes
 * the calls.  It uses the public interface only, but for descriptor numbers
 * that cost no system call.
 *
 * <uiommufd/fuzz.h> has the format.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uiommufd/explore.h>
#include <uiommufd/fuzz.h>

#define FUZZ_MAX_FIELDS 12
#define FUZZ_MAX_CALLS 64		/* of a section */
#define FUZZ_THREADS 4
/* The first section is the beginning, then one for each thread. */
#define FUZZ_MAX_SECTIONS (1 + FUZZ_THREADS)
#define FUZZ_MAX_CHOICES 256

/* What a field's value is; the low half may name a class. */
enum fuzz_kind {
	FUZZ_END,
	FUZZ_NUMBER,
	FUZZ_IOVA,
	FUZZ_LENGTH,
	FUZZ_MAGIC,
	FUZZ_POINTER,
	FUZZ_DATA,
	FUZZ_ID,
	FUZZ_FD,
	FUZZ_OUT_ID,	/* not part of inputs */
	FUZZ_OUT_FD,
};

/* Kinds of objects and files that calls make and use. */
enum fuzz_class {
	FUZZ_ANY,	/* as an argument: all of them */
	FUZZ_IOAS,
	FUZZ_HWPT,
	FUZZ_PT,	/* as an argument: IOAS, HWPT or vIOMMU */
	FUZZ_DEVICE,
	FUZZ_STDEV,
	FUZZ_FAULT,
	FUZZ_VIOMMU,
	FUZZ_VDEVICE,
	FUZZ_VEVENTQ,
	FUZZ_QUEUE,
	FUZZ_EVENT,	/* files */
	FUZZ_ACCESS,
	FUZZ_FILE,
	FUZZ_CLASSES
};

struct fuzz_field {
	const char *name;
	uint8_t offset;
	uint8_t width;
	uint8_t kind;
	uint8_t class;
};

enum fuzz_way {
	FUZZ_IOCTL,	/* a structure */
	FUZZ_TEST,	/* the test command's, with an operation */
	FUZZ_VALUE,	/* the argument itself */
	FUZZ_CALL,	/* a call of client.h; fields are 8 bytes each */
};

enum fuzz_call_number {
	FUZZ_OPEN,
	FUZZ_CLOSE,
	FUZZ_DUP,
	FUZZ_READ,
	FUZZ_WRITE,
	FUZZ_POLL,
	FUZZ_MMAP,
	FUZZ_MUNMAP,
	FUZZ_BIND,
	FUZZ_UNBIND,
	FUZZ_ATTACH,
	FUZZ_REPLACE,
	FUZZ_DETACH,
	FUZZ_CALLS
};

struct fuzz_op {
	const char *name;
	uint8_t way;
	uint8_t size;		/* of the structure */
	uint32_t request;	/* or enum fuzz_call_number */
	uint32_t test_op;
	struct fuzz_field fields[FUZZ_MAX_FIELDS];
};

extern const struct fuzz_op fuzz_ops[];
extern const unsigned int fuzz_op_count;
/* Values of kind magic from 0x40 on. */
extern const uint32_t fuzz_magic[16];

/* ---- reading: read.c ---- */

struct fuzz_reader {
	const uint8_t *at, *end;
};

enum {
	FUZZ_MOD_SIZE = 0x01,
	FUZZ_MOD_POINTER = 0x02,
	FUZZ_MOD_FAIL = 0x04,
	FUZZ_MOD_REQUEST = 0x08,
	FUZZ_MOD_EDGE = 0x10,
	FUZZ_MOD_RAW = 0x20,
	FUZZ_MOD_CONTEXT_SHIFT = 6,
};

/* One value: its byte and what followed. */
struct fuzz_value {
	uint8_t code;
	uint8_t length;		/* of @bytes */
	uint64_t wide;		/* of 0xf0 to 0xf2 */
	const uint8_t *bytes;	/* of data; borrowed */
};

struct fuzz_call {
	const struct fuzz_op *op;
	const uint8_t *begin, *end;	/* in the input */
	uint8_t modifiers;
	struct fuzz_value size, pointer;
	uint8_t fail_kinds, fail_nth;
	uint8_t request;
	struct fuzz_value fields[FUZZ_MAX_FIELDS];
	uint8_t raw_offset, raw_length;
	uint8_t raw[16];
};

/*
 * Whether the input has the header; if so the next section of calls is found
 * from *@at on.  Without one it is all calls, once.
 */
bool fuzz_next_section(const uint8_t *data, size_t size, size_t *at,
		       struct fuzz_reader *out);
/* Whether there are decisions; if so they are read up to @room. */
bool fuzz_read_choices(const uint8_t *data, size_t size,
		       struct uiommufd_choice *out, size_t room,
		       size_t *out_count);
static inline bool fuzz_is_decided(const uint8_t *data, size_t size)
{
	size_t count;

	return fuzz_read_choices(data, size, NULL, 0, &count);
}

/* The next call; false at the section's end. */
bool fuzz_next_call(struct fuzz_reader *reader, struct fuzz_call *out);
/* A number of one of the kinds that need nothing but the input. */
uint64_t fuzz_number(enum fuzz_kind kind, const struct fuzz_value *value);

/* Whether a field is part of inputs. */
static inline bool fuzz_is_input(const struct fuzz_field *field)
{
	return field->kind < FUZZ_OUT_ID;
}

/* ---- writing: write.c ---- */

struct fuzz_writer {
	uint8_t *out;
	size_t size, room;
};

void fuzz_write_bytes(struct fuzz_writer *w, const void *bytes, size_t size);
void fuzz_write_header(struct fuzz_writer *w);
/* Returns where it begins, for fuzz_write_end(). */
size_t fuzz_write_section(struct fuzz_writer *w, uint8_t tag);
void fuzz_write_end(struct fuzz_writer *w, size_t section);
void fuzz_write_choices(struct fuzz_writer *w,
			const struct uiommufd_choice *choices, size_t count);
/* An input with other decisions, without the threads of @absent; its size. */
size_t fuzz_write(const uint8_t *data, size_t size, uint32_t absent,
		  const struct uiommufd_choice *choices, size_t count,
		  uint8_t *out, size_t max_size);

/* ---- memory that calls point into: memory.c ---- */

#define FUZZ_PAGES 16
#define FUZZ_PAGE 4096
#define FUZZ_SCRATCH 2048
#define FUZZ_ARGS 512		/* of each of an input's threads */

/*
 * Of a thread that runs inputs; made at its first, kept.  It is the first page
 * of one mapping: this, arguments, a hole, good memory, a hole, a page that
 * can be read.
 */
struct fuzz_memory {
	uint8_t *good;		/* FUZZ_PAGES, then a hole */
	uint8_t *read_only;	/* one page */
	uint8_t *hole;		/* directly behind @good */
	uint8_t *args;		/* one page, then a hole too */
	int file;		/* FUZZ_PAGES of shared memory */
	uint32_t written;	/* pages of @good that not only calls wrote to */
	bool file_used;		/* calls may have written to the file */
	size_t used;		/* of @scratch */
	unsigned int inputs;		/* since bad pointers were looked into */
	bool trusted;			/* and are caught */
	struct uiommufd_player *player;	/* once there were decisions */
	char complaint[512];		/* of the last input; may be empty */
	/* Aligned like the structures that are put there. */
	_Alignas(16) uint8_t scratch[FUZZ_SCRATCH];
};

/* The calling thread's; NULL if it cannot be had. */
struct fuzz_memory *fuzz_memory_get(void);
/* What calls may write to is the run's, to be brought back. */
void fuzz_memory_keep(struct fuzz_memory *memory, struct uiommufd_run *run);
/* As at the start, for the next input. */
void fuzz_memory_reset(struct fuzz_memory *memory);
uint64_t fuzz_pointer(struct fuzz_memory *memory,
		      const struct fuzz_value *value);
/* What calls can make dirty of a thread's arguments. */
#define FUZZ_ARG_BYTES 256
void fuzz_args_reset(uint8_t *args);
/* The value's own bytes, or a pointer. */
uint64_t fuzz_data(struct fuzz_memory *memory, const struct fuzz_value *value);

#endif
