/* SPDX-License-Identifier: MIT */
/*
 * A device's registers as a table.
 *
 * Declare each register once: where it is, how wide, what it resets to, which
 * of its bits software cannot change, which ones a written 1 clears, which
 * ones do not exist, and what happens when it is read or written.  The table
 * is checked and compiled when the block is made; afterwards an access is two
 * table look-ups.
 *
 * Vocabulary.  A block is one table with its values.  A register may repeat
 * (count copies, stride bytes apart); one copy is a cell, and its number is
 * the index.  An alias is a part of the window that shows cells which live
 * elsewhere in it.  A guest error is an access that the device's manual does
 * not allow: it has a defined effect (below), is counted, and is logged.
 *
 * What an access does:
 *   aligned, register's width    the register
 *   half of a 64-bit register    its low or high word, if the row says HALVES;
 *                                otherwise a guest error
 *   64 bits over two registers   both, low first, if both rows say PAIRS;
 *                                otherwise a guest error
 *   wrong width or misaligned    guest error; reads 0, the write is ignored
 *   no register there            guest error; reads 0, the write is ignored
 *   write to read-only bits      keeps them; a guest error only if the row has
 *                                no writable bit at all
 *   1 written to reserved bits   guest error; the other bits are written
 *   alias that leads nowhere     reads 0, the write is ignored; no error
 *
 * Context: any thread at any time, except where said: values are read and
 * written atomically.  Hooks run on the accessing thread with no lock held: a
 * device whose hooks touch more than one cell takes a lock of its own in them,
 * and reads the current values there rather than trusting its arguments, so
 * that the last write wins whatever the order of the hooks.
 */
#ifndef UIOMMUFD_MMIO_H
#define UIOMMUFD_MMIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef UIOMMUFD_API
#define UIOMMUFD_API __attribute__((visibility("default")))
#endif

struct uiommufd_platform;
struct uiommufd_mmio;

/* Bits first_bit..last_bit, for dumps.  A list ends with a NULL name. */
struct uiommufd_mmio_field {
	const char *name;
	uint8_t first_bit;
	uint8_t last_bit;
};

/* Row flags. */
#define UIOMMUFD_MMIO_HALVES 0x1u  /* 64-bit register, also as two 32-bit */
#define UIOMMUFD_MMIO_PAIRS 0x2u   /* 32-bit, also two at once as 64-bit */
#define UIOMMUFD_MMIO_QUIET 0x4u   /* writing it though read-only is no error */

/*
 * One row.  The masks read_only, write_1_clear and reserved are disjoint; bits
 * in none of them are plain read-write.
 */
struct uiommufd_mmio_register {
	const char *name;
	uint32_t offset;	/* bytes from the block's start; of cell 0 */
	uint32_t count;		/* cells; 0 means 1 */
	uint32_t stride;	/* bytes from cell to cell; 0 means the width */
	uint32_t outer_count;	/* repeat the whole run; 0 means 1 ... */
	uint32_t outer_stride;	/* ... this many bytes apart */
	uint8_t width;		/* bytes: 4 or 8 */
	uint8_t flags;		/* UIOMMUFD_MMIO_* */
	uint64_t reset;
	uint64_t read_only;	/* a write leaves these bits alone */
	uint64_t write_1_clear;	/* a written 1 clears, 0 leaves */
	uint64_t reserved;	/* always 0; writing 1 is a guest error */
	/*
	 * What a read gives; @value is the stored one.  NULL: the stored one.
	 * @index counts cells, inner run first.
	 */
	uint64_t (*read)(void *device, uint32_t index, uint64_t value);
	/*
	 * Asked before a write is stored: @value is what the masks made of it.
	 * Returns what to store (@old refuses the write).  NULL: @value.
	 */
	uint64_t (*check)(void *device, uint32_t index, uint64_t old,
			  uint64_t value);
	/* Told after a write was stored, also when nothing changed. */
	void (*written)(void *device, uint32_t index, uint64_t old,
			uint64_t value);
	const struct uiommufd_mmio_field *fields; /* NULL: not decoded */
};

/* 0, or an error at compile time when @cond is a false constant. */
#define UIOMMUFD_MMIO_REQUIRE(cond) (sizeof(char[(cond) ? 1 : -1]) - 1)

/*
 * Row builder that does not compile when the row is wrong: width not 4 or 8,
 * offset not aligned to it, masks that overlap or do not fit the width.
 * Further members follow as designated initialisers.  For C.
 */
#define UIOMMUFD_MMIO_ROW(name_, offset_, width_, ro_, w1c_, reserved_, ...)  \
	{                                                                     \
		.name = (name_),                                              \
		.offset = (offset_) +                                         \
			  UIOMMUFD_MMIO_REQUIRE((offset_) % (width_) == 0),   \
		.width = (width_) + UIOMMUFD_MMIO_REQUIRE((width_) == 4 ||    \
							  (width_) == 8),     \
		.read_only = (ro_) + UIOMMUFD_MMIO_REQUIRE(                   \
					     UIOMMUFD_MMIO_FITS(ro_, width_)),\
		.write_1_clear =                                              \
			(w1c_) + UIOMMUFD_MMIO_REQUIRE(                       \
					 UIOMMUFD_MMIO_FITS(w1c_, width_) &&  \
					 ((w1c_) & (ro_)) == 0),              \
		.reserved = (reserved_) +                                     \
			    UIOMMUFD_MMIO_REQUIRE(                            \
				    UIOMMUFD_MMIO_FITS(reserved_, width_) &&  \
				    ((reserved_) & ((ro_) | (w1c_))) == 0),   \
		__VA_ARGS__                                                   \
	}
#define UIOMMUFD_MMIO_FITS(mask, width) \
	((width) == 8 || ((uint64_t)(mask) >> 32) == 0)
#define UIOMMUFD_MMIO_ALL32 UINT32_C(0xffffffff)
#define UIOMMUFD_MMIO_ALL64 UINT64_C(0xffffffffffffffff)

/* An alias's answer for a place where nothing is mapped. */
#define UIOMMUFD_MMIO_UNMAPPED UINT32_MAX

/*
 * Offsets start..start+size-1 show other cells, in one of two ways.
 *
 * slots: the alias is made of slots of slot_bytes (a power of two), and
 * slots[i] says which slot of the block (its offset / slot_bytes) number i of
 * the alias shows; 0 means nowhere.  The device may change entries at any time
 * with atomic stores.
 *
 * translate: gets an offset within the block and returns the one it stands
 * for, or UIOMMUFD_MMIO_UNMAPPED.  May be called from any thread at any time.
 *
 * What an alias leads to must lie outside all aliases.
 */
struct uiommufd_mmio_alias {
	uint32_t start;
	uint32_t size;
	uint32_t slot_bytes;
	const uint16_t *slots;	/* size / slot_bytes of them; NULL: translate */
	uint32_t (*translate)(void *device, uint32_t offset);
};

struct uiommufd_mmio_block {
	const char *name;
	uint32_t size;		/* bytes of the window, a multiple of 4096 */
	const struct uiommufd_mmio_register *registers;
	uint32_t register_count;
	const struct uiommufd_mmio_alias *aliases;
	uint32_t alias_count;
};

struct uiommufd_mmio_counters {
	uint64_t reads;
	uint64_t writes;
	uint64_t unmapped;	/* of these, through an alias to nowhere */
	uint64_t guest_errors;	/* the sum of the following */
	uint64_t wrong_width;
	uint64_t misaligned;
	uint64_t no_register;	/* includes accesses beyond the window */
	uint64_t reserved_bits;
	uint64_t read_only;
	uint64_t reported;	/* by uiommufd_mmio_guest_error() */
};

/**
 * uiommufd_mmio_new - check and compile a register table.
 * @block: the table; borrowed, with everything it points to, until free
 * @device: handed to the hooks
 * @why: if not NULL and the call fails, set to a static or NULL string that
 *	says what is wrong with the table
 *
 * Refused at run time (EINVAL) is what the row builder cannot see: cells that
 * overlap, reach beyond the window or into an alias, more than 65,535 rows,
 * cells unaligned through their stride, masks that overlap, a reset value with
 * reserved bits, fields that overlap or do not fit.
 *
 * Return: the block, all cells at their reset value; owned by the caller.
 * NULL with errno EINVAL or ENOMEM.
 */
struct uiommufd_mmio *
uiommufd_mmio_new(const struct uiommufd_mmio_block *block, void *device,
		  const char **why) UIOMMUFD_API;

/** uiommufd_mmio_free - detach and free a block; NULL is fine. */
void uiommufd_mmio_free(struct uiommufd_mmio *mmio) UIOMMUFD_API;

/**
 * uiommufd_mmio_attach - place a block in a platform's physical address space.
 * @mmio: a block that is not attached
 * @platform: must outlive the attachment
 * @phys: wanted physical address (4096-aligned), or 0 to have one chosen
 *
 * Drivers reach it with ioremap() and the accessors.
 *
 * Return: the physical address; 0 with errno EINVAL, EEXIST (the range is
 * taken) or ENOMEM.
 */
uint64_t uiommufd_mmio_attach(struct uiommufd_mmio *mmio,
			      struct uiommufd_platform *platform, uint64_t phys)
	UIOMMUFD_API;

/**
 * uiommufd_mmio_read - an access as software makes it.
 * @offset: bytes from the block's start
 * @width: bytes, 1, 2, 4 or 8
 *
 * Return: the value, zero-extended.
 */
uint64_t uiommufd_mmio_read(struct uiommufd_mmio *mmio, uint32_t offset,
			    unsigned int width) UIOMMUFD_API;
/** uiommufd_mmio_write - see uiommufd_mmio_read(). */
void uiommufd_mmio_write(struct uiommufd_mmio *mmio, uint32_t offset,
			 unsigned int width, uint64_t value) UIOMMUFD_API;

/**
 * uiommufd_mmio_get - a cell as the device sees it: no hooks, no counters.
 * @row: number of the row in the table
 * @index: number of the cell
 *
 * Return: the stored value.
 */
uint64_t uiommufd_mmio_get(const struct uiommufd_mmio *mmio, uint32_t row,
			   uint32_t index) UIOMMUFD_API;
/** uiommufd_mmio_set - the device changes a cell; masks do not apply. */
void uiommufd_mmio_set(struct uiommufd_mmio *mmio, uint32_t row, uint32_t index,
		       uint64_t value) UIOMMUFD_API;

/** uiommufd_mmio_reset - all cells back to reset values; counters stay. */
void uiommufd_mmio_reset(struct uiommufd_mmio *mmio) UIOMMUFD_API;

/**
 * uiommufd_mmio_guest_error - the device reports a misuse it found itself.
 * @format: printf format of one line without newline
 */
void uiommufd_mmio_guest_error(struct uiommufd_mmio *mmio, const char *format,
			       ...)
	UIOMMUFD_API __attribute__((format(printf, 2, 3)));

/**
 * uiommufd_mmio_last_error - text of the latest guest error.
 * @buffer: receives a terminated string, empty if there was none yet
 * @size: bytes of @buffer
 */
void uiommufd_mmio_last_error(struct uiommufd_mmio *mmio, char *buffer,
			      size_t size) UIOMMUFD_API;

/* An access that a test expects. */
struct uiommufd_mmio_expected {
	uint32_t offset;	/* as software gives it, aliases not followed */
	uint8_t width;		/* bytes */
	bool write;
	uint64_t value;		/* written, in the bits of mask; reads: ignored */
	uint64_t mask;
	const char *file;	/* where the test says so; borrowed */
	int line;
};

/**
 * uiommufd_mmio_expect - say which access of a driver comes next.
 * @access: copied; expected after all that were said before
 *
 * From the first call on each write must be the next one expected.  A read
 * takes part if it is the next one expected; others, as of a driver that
 * polls, are free.  Accesses have their usual effect.  What went wrong is kept
 * for uiommufd_mmio_expect_end(): a driver's thread is no place to fail a test.
 * <uiommufd/cmocka.h> and <uiommufd/gtest.h> have macros for both.
 *
 * Context: at the first call, and at the end, nobody accesses the block.
 */
void uiommufd_mmio_expect(struct uiommufd_mmio *mmio,
			  const struct uiommufd_mmio_expected *access)
	UIOMMUFD_API;

/**
 * uiommufd_mmio_expect_end - expect nothing any more.
 *
 * Return: NULL: what was expected came, in order, and no other write; else a
 * text with a line for each access that came unexpected or did not come, the
 * caller's, to be freed with free().  NULL, too, if nothing had been expected.
 */
char *uiommufd_mmio_expect_end(struct uiommufd_mmio *mmio) UIOMMUFD_API;

/** uiommufd_mmio_read_counters - what accesses there were so far. */
void uiommufd_mmio_read_counters(const struct uiommufd_mmio *mmio,
				 struct uiommufd_mmio_counters *out)
	UIOMMUFD_API;

#define UIOMMUFD_MMIO_DUMP_ALL 0x1u /* also cells at their reset value */

/**
 * uiommufd_mmio_dump - print registers by name, with decoded fields.
 * @out: where to
 * @flags: UIOMMUFD_MMIO_DUMP_*
 *
 * One line a cell: offset, name[index], value, then FIELD=value pairs.  Reading
 * for a dump has no side effects and is not counted.
 */
void uiommufd_mmio_dump(struct uiommufd_mmio *mmio, FILE *out,
			unsigned int flags) UIOMMUFD_API;

/**
 * uiommufd_mmio_decode - name an offset.
 * @buffer: receives "NAME[index]", or "" if there is no register
 *
 * Aliases are followed.  Return: the register's width in bytes, or 0.
 */
unsigned int uiommufd_mmio_decode(struct uiommufd_mmio *mmio, uint32_t offset,
				  char *buffer, size_t size) UIOMMUFD_API;

#ifdef __cplusplus
}
#endif

#endif
