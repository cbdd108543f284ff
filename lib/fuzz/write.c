// SPDX-License-Identifier: MIT
/*
 * Writing inputs: the header, decisions, sections of calls.
 *
 * Decisions come first, so that a fuzzer that cuts an input keeps them.  What
 * does not fit is left out, at the end.
 */
#include "fuzz/fuzz.h"

#include <string.h>

static const uint8_t header[] = { 'U', 'I', 'F', 'Z', 1, 0, 0, 0 };

void fuzz_write_bytes(struct fuzz_writer *w, const void *bytes, size_t size)
{
	if (size > w->room - w->size)
		size = w->room - w->size;
	if (size)
		memcpy(w->out + w->size, bytes, size);
	w->size += size;
}

void fuzz_write_header(struct fuzz_writer *w)
{
	fuzz_write_bytes(w, header, sizeof(header));
}

size_t fuzz_write_section(struct fuzz_writer *w, uint8_t tag)
{
	const uint8_t head[] = { tag, 0, 0, 0 };

	fuzz_write_bytes(w, head, sizeof(head));
	return w->size;
}

void fuzz_write_end(struct fuzz_writer *w, size_t section)
{
	size_t length = w->size - section;

	if (!length)
		return;
	w->out[section - 2] = length;
	w->out[section - 1] = length >> 8;
}

static void write_leb128(struct fuzz_writer *w, uint32_t value)
{
	uint8_t byte;

	do {
		byte = (value & 0x7f) | (value > 0x7f ? 0x80 : 0);
		fuzz_write_bytes(w, &byte, 1);
		value >>= 7;
	} while (value);
}

void fuzz_write_choices(struct fuzz_writer *w,
			const struct uiommufd_choice *choices, size_t count)
{
	size_t section = fuzz_write_section(w, 'D');

	for (size_t i = 0; i < count; i++) {
		write_leb128(w, choices[i].passed);
		write_leb128(w, choices[i].value);
	}
	fuzz_write_end(w, section);
}

size_t fuzz_write(const uint8_t *data, size_t size, uint32_t absent,
		  const struct uiommufd_choice *choices, size_t count,
		  uint8_t *out, size_t max_size)
{
	struct fuzz_writer w = { .out = out, .room = max_size };
	struct fuzz_reader all[FUZZ_MAX_SECTIONS];
	unsigned int sections = 0;
	size_t at = 0, section;

	while (sections < FUZZ_MAX_SECTIONS &&
	       fuzz_next_section(data, size, &at, &all[sections]))
		sections++;
	fuzz_write_header(&w);
	fuzz_write_choices(&w, choices, count);
	for (unsigned int i = 0; i < sections; i++) {
		/* The first of several is no thread. */
		if (i && absent >> (i - 1) & 1)
			continue;
		section = fuzz_write_section(&w, 'C');
		fuzz_write_bytes(&w, all[i].at, all[i].end - all[i].at);
		fuzz_write_end(&w, section);
	}
	return w.size;
}
