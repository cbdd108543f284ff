// SPDX-License-Identifier: MIT
/*
 * Inputs: sections, calls, values.  Whatever the bytes are, they are calls.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#define HEADER_BYTES 8
#define SECTION_BYTES 4

/* In one function, whose reader is in registers: a checker sees no memory. */
#define in_line inline __attribute__((__always_inline__))

static in_line uint8_t next_byte(struct fuzz_reader *reader)
{
	return reader->at < reader->end ? *reader->at++ : 0;
}

static in_line uint64_t next_wide(struct fuzz_reader *reader, unsigned int bytes)
{
	uint64_t wide = 0;

	for (unsigned int i = 0; i < bytes; i++)
		wide |= (uint64_t)next_byte(reader) << (8 * i);
	return wide;
}

static inline bool has_header(const uint8_t *data, size_t size)
{
	uint32_t word, wanted;

	if (size < HEADER_BYTES)
		return false;
	/* Checkers make a call of a comparison. */
	memcpy(&word, data, sizeof(word));
	memcpy(&wanted, "UIFZ", sizeof(wanted));
	return word == wanted && data[4] == 1;
}

/* The next section of any kind; its tag, or 0 at the end. */
static uint8_t next_section(const uint8_t *data, size_t size, size_t *at,
			    struct fuzz_reader *out)
{
	const uint8_t *head;
	size_t length;

	if (!*at)
		*at = HEADER_BYTES;
	do {
		if (size - *at < SECTION_BYTES)
			return 0;
		head = data + *at;
		length = head[2] | head[3] << 8;
		*at += SECTION_BYTES;
		if (length > size - *at)
			length = size - *at;
		*out = (struct fuzz_reader){ data + *at, data + *at + length };
		*at += length;
	} while (!head[0]);
	return head[0];
}

bool fuzz_next_section(const uint8_t *data, size_t size, size_t *at,
		       struct fuzz_reader *out)
{
	uint8_t tag;

	if (!size)
		return false;	/* there may be no data at all */
	if (!has_header(data, size)) {
		*out = (struct fuzz_reader){ data, data + size };
		return !*at && (*at = size);
	}
	do
		tag = next_section(data, size, at, out);
	while (tag && tag != 'C');
	return tag;
}

static uint32_t next_leb128(struct fuzz_reader *reader)
{
	uint32_t value = 0;
	uint8_t byte;

	for (unsigned int shift = 0; shift < 32; shift += 7) {
		byte = next_byte(reader);
		value |= (uint32_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			break;
	}
	return value;
}

bool fuzz_read_choices(const uint8_t *data, size_t size,
		       struct uiommufd_choice *out, size_t room,
		       size_t *out_count)
{
	struct fuzz_reader reader;
	bool decided = false;
	size_t at = 0;
	uint8_t tag;

	*out_count = 0;
	if (!has_header(data, size))
		return false;
	while ((tag = next_section(data, size, &at, &reader))) {
		if (tag != 'D')
			continue;
		decided = true;
		while (*out_count < room && reader.at < reader.end) {
			out[*out_count].passed = next_leb128(&reader);
			out[(*out_count)++].value = next_leb128(&reader);
		}
	}
	return decided;
}

/* Members, not the whole: a checker makes a call of clearing what lies between. */
static in_line void read_value(struct fuzz_reader *reader, enum fuzz_kind kind,
			       struct fuzz_value *out)
{
	uint8_t code = next_byte(reader);
	size_t left;

	out->code = code;
	out->length = 0;
	out->wide = 0;
	if (kind == FUZZ_ID || kind == FUZZ_FD)
		return;
	if (code >= 0xf0 && code <= 0xf2)
		out->wide = next_wide(reader, 2u << (code - 0xf0));
	if (kind != FUZZ_DATA || code > 0x40)
		return;
	left = reader->end - reader->at;
	left = code < left ? code : left;
	out->length = left;
	out->bytes = reader->at;
	reader->at += left;
}

static in_line void read_modifiers(struct fuzz_reader *reader, struct fuzz_call *call)
{
	uint8_t modifiers = next_byte(reader);

	call->modifiers = modifiers;
	if (modifiers & FUZZ_MOD_SIZE)
		read_value(reader, FUZZ_NUMBER, &call->size);
	if (modifiers & FUZZ_MOD_POINTER)
		read_value(reader, FUZZ_POINTER, &call->pointer);
	if (modifiers & FUZZ_MOD_FAIL) {
		call->fail_kinds = next_byte(reader);
		call->fail_nth = next_byte(reader);
	}
	call->request = modifiers & FUZZ_MOD_REQUEST ? next_byte(reader) : 0;
}

static in_line void read_raw(struct fuzz_reader *reader, struct fuzz_call *call)
{
	call->raw_offset = next_byte(reader);
	call->raw_length = next_byte(reader) % 16 + 1;
	for (unsigned int i = 0; i < call->raw_length; i++)
		call->raw[i] = next_byte(reader);
}

bool fuzz_next_call(struct fuzz_reader *from, struct fuzz_call *call)
{
	struct fuzz_reader reader = *from;
	const struct fuzz_field *field;
	const struct fuzz_op *op;

	if (reader.at >= reader.end)
		return false;
	call->begin = reader.at;
	op = &fuzz_ops[next_byte(&reader) % fuzz_op_count];
	call->op = op;
	read_modifiers(&reader, call);
	for (unsigned int i = 0; i < FUZZ_MAX_FIELDS; i++) {
		field = &op->fields[i];
		if (!field->kind)
			break;
		if (fuzz_is_input(field))
			read_value(&reader, field->kind, &call->fields[i]);
	}
	if (call->modifiers & FUZZ_MOD_RAW)
		read_raw(&reader, call);
	call->end = reader.at;
	*from = reader;
	return true;
}

static uint64_t small_number(enum fuzz_kind kind, uint8_t code)
{
	switch (kind) {
	case FUZZ_IOVA:
		return 0x1000000 + code * 4096ull;
	case FUZZ_LENGTH:
		return code * 4096ull;
	case FUZZ_MAGIC:
		return code < 0x40 || code > 0x4f ? code : fuzz_magic[code - 0x40];
	default:
		return code;
	}
}

uint64_t fuzz_number(enum fuzz_kind kind, const struct fuzz_value *value)
{
	uint8_t code = value->code;

	if (code < 0x80)
		return small_number(kind, code);
	if (code < 0xc0)
		return 1ull << (code - 0x80);
	if (code < 0xf0)
		return (1ull << (code - 0xb0)) - 1;
	if (code <= 0xf2)
		return value->wide;
	return code == 0xff ? UINT64_MAX : 0;
}
