// SPDX-License-Identifier: MIT
/*
 * Inputs and the table as text.
 */
#include "fuzz/fuzz.h"

#include <inttypes.h>

static const char *const kinds[] = {
	[FUZZ_NUMBER] = "number",
	[FUZZ_IOVA] = "iova",
	[FUZZ_LENGTH] = "length",
	[FUZZ_MAGIC] = "magic",
	[FUZZ_POINTER] = "pointer",
	[FUZZ_DATA] = "data",
	[FUZZ_ID] = "id",
	[FUZZ_FD] = "fd",
	[FUZZ_OUT_ID] = "out_id",
	[FUZZ_OUT_FD] = "out_fd",
};

static const char *const classes[FUZZ_CLASSES] = {
	[FUZZ_ANY] = "any",
	[FUZZ_IOAS] = "ioas",
	[FUZZ_HWPT] = "hwpt",
	[FUZZ_PT] = "pt",
	[FUZZ_DEVICE] = "device",
	[FUZZ_STDEV] = "stdev",
	[FUZZ_FAULT] = "fault",
	[FUZZ_VIOMMU] = "viommu",
	[FUZZ_VDEVICE] = "vdevice",
	[FUZZ_VEVENTQ] = "veventq",
	[FUZZ_QUEUE] = "queue",
	[FUZZ_EVENT] = "event",
	[FUZZ_ACCESS] = "access",
	[FUZZ_FILE] = "file",
};

static bool has_class(const struct fuzz_field *field)
{
	return field->kind >= FUZZ_ID;
}

static void print_value(FILE *out, const struct fuzz_field *field,
			const struct fuzz_value *value)
{
	fprintf(out, " %s=", field->name);
	if (has_class(field)) {
		if (value->code < 0xc0)
			fprintf(out, "%s#%u", classes[field->class],
				value->code);
		else
			fprintf(out, "%d", value->code == 0xff ?
						   -1 : value->code - 0xc0);
	} else if (field->kind == FUZZ_DATA && value->code <= 0x40) {
		fputc('[', out);
		for (unsigned int i = 0; i < value->length; i++)
			fprintf(out, "%02x", value->bytes[i]);
		fputc(']', out);
	} else if (field->kind == FUZZ_POINTER || field->kind == FUZZ_DATA) {
		fprintf(out, "pointer:0x%02x+0x%" PRIx64, value->code,
			value->wide);
	} else {
		fprintf(out, "0x%" PRIx64, fuzz_number(field->kind, value));
	}
}

static void print_modifiers(FILE *out, const struct fuzz_call *call)
{
	if (call->modifiers & FUZZ_MOD_SIZE)
		fprintf(out, " !size=0x%" PRIx64,
			fuzz_number(FUZZ_NUMBER, &call->size));
	if (call->modifiers & FUZZ_MOD_POINTER)
		fprintf(out, " !pointer=0x%02x", call->pointer.code);
	if (call->modifiers & FUZZ_MOD_FAIL)
		fprintf(out, " !fail=0x%x/%u", call->fail_kinds,
			call->fail_nth);
	if (call->modifiers & FUZZ_MOD_REQUEST)
		fprintf(out, " !request^0x%x", call->request << 8);
	if (call->modifiers & FUZZ_MOD_EDGE)
		fputs(" !edge", out);
	if (!(call->modifiers & FUZZ_MOD_RAW))
		return;
	fprintf(out, " !raw@%u=", call->raw_offset);
	for (unsigned int i = 0; i < call->raw_length; i++)
		fprintf(out, "%02x", call->raw[i]);
}

static void print_call(FILE *out, const struct fuzz_call *call)
{
	fprintf(out, "c%u %s", call->modifiers >> FUZZ_MOD_CONTEXT_SHIFT,
		call->op->name);
	for (unsigned int i = 0; i < FUZZ_MAX_FIELDS; i++) {
		const struct fuzz_field *field = &call->op->fields[i];

		if (!field->kind)
			break;
		if (fuzz_is_input(field))
			print_value(out, field, &call->fields[i]);
	}
	print_modifiers(out, call);
	fputc('\n', out);
}

static void print_choices(FILE *out, const struct uiommufd_choice *choices,
			  size_t count)
{
	fputs("decisions:", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, " +%u=%u", choices[i].passed, choices[i].value);
	fputc('\n', out);
}

void uiommufd_fuzz_print(FILE *out, const uint8_t *data, size_t size)
{
	struct uiommufd_choice choices[FUZZ_MAX_CHOICES];
	struct fuzz_reader reader;
	unsigned int section = 0;
	struct fuzz_call call;
	size_t at = 0, count;
	bool decided = fuzz_read_choices(data, size, choices, FUZZ_MAX_CHOICES,
					 &count);

	if (decided)
		print_choices(out, choices, count);
	while (section < FUZZ_MAX_SECTIONS &&
	       fuzz_next_section(data, size, &at, &reader)) {
		if (decided && section)
			fprintf(out, "thread %u:\n", section - 1);
		section++;
		while (fuzz_next_call(&reader, &call))
			print_call(out, &call);
	}
}

void uiommufd_fuzz_describe(FILE *out)
{
	for (unsigned int i = 0; i < fuzz_op_count; i++) {
		const struct fuzz_field *field = fuzz_ops[i].fields;

		fprintf(out, "%u %s", i, fuzz_ops[i].name);
		for (; field->kind; field++) {
			fprintf(out, " %s:%s", field->name,
				kinds[field->kind]);
			if (has_class(field))
				fprintf(out, ":%s", classes[field->class]);
		}
		fputc('\n', out);
	}
}

/* Small, referring to the first, of the mock. */
static unsigned int simplest(const struct fuzz_field *field)
{
	return field->kind == FUZZ_MAGIC ? 0x41 :
	       field->kind == FUZZ_LENGTH || field->kind == FUZZ_NUMBER ? 1 : 0;
}

void uiommufd_fuzz_dictionary(FILE *out)
{
	fputs("# SPDX-License-Identifier: MIT\n"
	      "# Written by `fuzz_calls --dictionary`.\n"
	      "header=\"UIFZ\\x01\\x00\\x00\\x00C\\x00\"\n"
	      "decided=\"UIFZ\\x01\\x00\\x00\\x00D\\x00\"\n"
	      "thread=\"C\\x00\\x10\\x00\"\n"
	      "decide=\"D\\x00\\x04\\x00\\x00\\x01\\x10\\x01\"\n"
	      "switch_here=\"\\x00\\x01\"\n"
	      "switch_later=\"\\x40\\x01\"\n", out);
	for (unsigned int i = 0; i < fuzz_op_count; i++) {
		const struct fuzz_field *field = fuzz_ops[i].fields;

		fprintf(out, "%s=\"\\x%02x\\x00", fuzz_ops[i].name, i);
		for (; field->kind; field++)
			if (fuzz_is_input(field))
				fprintf(out, "\\x%02x", simplest(field));
		fputs("\"\n", out);
	}
}
