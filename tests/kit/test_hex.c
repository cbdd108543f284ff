/* SPDX-License-Identifier: MIT */
/* Digits and dumps. */
#define DEBUG
#include "kit_test.h"

#include <string.h>
#include <glib.h>
#include <linux/hex.h>
#include <linux/printk.h>

static const char bytes[] = "0123456789:;<=>?\x01 end\xff..........";

/* Law: digits and bytes are each other's inverse; what is no digit is told. */
static void conversions(void **state)
{
	u8 all[256], back[256];
	char text[513] = "";

	for (int i = 0; i < 256; i++)
		all[i] = (u8)i;
	assert_ptr_equal(bin2hex(text, all, 256), text + 512);
	assert_memory_equal(text + 2 * 0xa5, "a5", 2);
	assert_int_equal(hex2bin(back, text, 256), 0);
	assert_memory_equal(all, back, 256);
	assert_int_equal(hex2bin(back, "aBCd", 2), 0);
	assert_int_equal(back[0], 0xab);
	assert_int_equal(hex2bin(back, "0g", 1), -EINVAL);
	assert_int_equal(hex2bin(back, "", 1), -EINVAL);
	for (int c = 0; c < 256; c++)
		assert_int_equal(hex_to_bin(c) >= 0,
				 c && strchr("0123456789abcdefABCDEF", c));
	assert_ptr_equal(hex_byte_pack_upper(text, 0xaf), text + 2);
	assert_memory_equal(text, "AF", 2);
}

struct dump_case {
	size_t len;
	int row, group;
	bool ascii;
	const char *line;
};

/* Law: a line has its groups in the processor's order, then the characters. */
static void lines(void **state)
{
	static const struct dump_case cases[] = {
		{ 4, 16, 1, false, "30 31 32 33" },
		{ 4, 16, 2, false, "3130 3332" },
		{ 8, 16, 4, false, "33323130 37363534" },
		{ 8, 16, 8, false, "3736353433323130" },
		{ 5, 16, 2, false, "30 31 32 33 34" },	/* no whole groups */
		{ 4, 16, 3, false, "30 31 32 33" },	/* no such group */
		{ 4, 7, 1, false, "30 31 32 33" },	/* no such row */
		{ 0, 16, 1, true, "" },
		{ 16, 16, 1, true, "30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d "
				   "3e 3f  0123456789:;<=>?" },
	};
	char line[160];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct dump_case *c = &cases[i];

		assert_int_equal(hex_dump_to_buffer(bytes, c->len, c->row,
						    c->group, line,
						    sizeof(line), c->ascii),
				 strlen(c->line));
		assert_string_equal(line, c->line);
	}
	/* The characters of a short line stand where those of a whole one do. */
	hex_dump_to_buffer(bytes + 16, 6, 16, 1, line, sizeof(line), true);
	assert_memory_equal(line, "01 20 65 6e 64 ff ", 18);
	assert_string_equal(line + 49, ". end.");
	hex_dump_to_buffer(bytes, 32, 32, 4, line, sizeof(line), true);
	assert_string_equal(line + 73, "0123456789:;<=>?. end...........");
}

/* Law: what does not fit is cut; the length is that of the whole. */
static void cuts(void **state)
{
	char line[8] = "xxxxxxx";

	assert_int_equal(hex_dump_to_buffer(bytes, 16, 16, 1, line, 6, false),
			 47);
	assert_string_equal(line, "30 31");
	assert_int_equal(line[6], 'x');
	assert_int_equal(hex_dump_to_buffer(bytes, 16, 16, 1, line, 0, false),
			 47);
	assert_string_equal(line, "30 31");
}

static GString *logged;

static GLogWriterOutput keep(GLogLevelFlags level, const GLogField *fields,
			     gsize count, gpointer data)
{
	for (gsize i = 0; i < count; i++)
		if (!strcmp(fields[i].key, "MESSAGE"))
			g_string_append_printf(logged, "%d[%.*s]\n",
					       (int)level,
					       (int)fields[i].length,
					       (const char *)fields[i].value);
	return G_LOG_WRITER_HANDLED;
}

static void expect_logged(const char *text)
{
	assert_string_equal(logged->str, text);
	g_string_truncate(logged, 0);
}

/* Law: a message for each row, with its prefix and at its level. */
static void messages(void **state)
{
	g_autofree char *wanted = NULL;

	print_hex_dump(KERN_ERR, "p: ", DUMP_PREFIX_OFFSET, 16, 8, bytes, 18,
		       false);
	expect_logged("8[p: 00000000: 3736353433323130 3f3e3d3c3b3a3938]\n"
		      "8[p: 00000010: 01 20]\n");
	print_hex_dump(KERN_INFO, "", DUMP_PREFIX_NONE, 16, 1, bytes, 0, true);
	expect_logged("");
	print_hex_dump(KERN_INFO, "", DUMP_PREFIX_ADDRESS, 32, 1, bytes, 1,
		       false);
	print_hex_dump(KERN_INFO, "", DUMP_PREFIX_NONE, 0, 1, bytes, 3, true);
	print_hex_dump_bytes("d ", DUMP_PREFIX_NONE, bytes, 1);
	wanted = g_strdup_printf("64[%p: 30]\n64[%-49s012]\n128[d %-49s0]\n",
				 (const void *)bytes, "30 31 32", "30");
	expect_logged(wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversions),
		cmocka_unit_test(lines),
		cmocka_unit_test(cuts),
		cmocka_unit_test(messages),
	};

	logged = g_string_new("");
	g_log_set_writer_func(keep, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
