/* SPDX-License-Identifier: MIT */
/* Formats: libc's, and the kernel's pointers between them. */
#include "kit_test.h"

#include <stdio.h>
#include <string.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/printk.h>
#include <linux/slab.h>

#define expect_text(wanted, ...) \
	do { \
		char text_[256]; \
		int length_ = scnprintf(text_, sizeof(text_), __VA_ARGS__); \
		assert_string_equal(text_, wanted); \
		assert_int_equal(length_, strlen(wanted)); \
	} while (0)

/* Law: an error pointer is its name, in its field; others are pointers. */
static void errors(void **state)
{
	expect_text("-ENOENT", "%pe", ERR_PTR(-ENOENT));
	expect_text("|  -EBUSY|", "|%8pe|", ERR_PTR(-EBUSY));
	expect_text("|-EBUSY  |", "|%-8pe|", ERR_PTR(-EBUSY));
	expect_text("-EPROBE_DEFER", "%pe", ERR_PTR(-EPROBE_DEFER));
	expect_text("-4000", "%pe", ERR_PTR(-4000));
	expect_text("0x1234", "%pe", (void *)0x1234);
}

/* Law: what is known by reference is read there. */
static void references(void **state)
{
	static const u8 bytes[] = { 0x00, 0x11, 0xab, 0xff };
	static const u8 uuid[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05,
				   0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b,
				   0x0c, 0x0d, 0x0e, 0x0f };
	const struct resource mem = DEFINE_RES_MEM(0x10000, 0x1000);
	const struct resource irq = DEFINE_RES_IRQ(33);
	phys_addr_t phys = 0x123456789a;
	dma_addr_t dma = 0xfedc;

	expect_text("0x000000123456789a.", "%pa.", &phys);
	expect_text("0x000000123456789a.", "%pap.", &phys);
	expect_text("0x000000000000fedc;", "%pad;", &dma);
	expect_text("[mem 0x00010000-0x00010fff]", "%pR", &mem);
	expect_text("[irq 33]", "%pr", &irq);
	expect_text("00 11 ab ff", "%4ph", bytes);
	expect_text("00:11:ab", "%*phC", 3, bytes);
	expect_text("00-11 0011", "%2phD %2phN", bytes, bytes);
	expect_text("00010203-0405-0607-0809-0a0b0c0d0e0f", "%pUb", uuid);
	expect_text("03020100-0504-0706-0809-0A0B0C0D0E0F", "%pUL", uuid);
}

static __printf(1, 2) char *nested(const char *fmt, ...)
{
	struct va_format inner = { .fmt = fmt };
	va_list args;
	char *text;

	va_start(args, fmt);
	inner.va = &args;
	text = kasprintf(GFP_KERNEL, "<%pV> %d", &inner, 7);
	va_end(args);
	return text;
}

/* Law: a format is an argument, with pointers of its own. */
static void formats(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_manual);
	char *text = nested("%s=%pe", "x", ERR_PTR(-EIO));

	assert_string_equal(text, "<x=-EIO> 7");
	kfree(text);
	machine_end(m);
}

/* Law: what stands around a pointer has the type it had without. */
static void around(void **state)
{
	const void *p = ERR_PTR(-EPERM);

	expect_text("-1 -2 -3 -4 -EPERM", "%hhd %hd %ld %lld %pe",
		    (signed char)-1, (short)-2, -3L,
		    -4LL, p);
	expect_text("-EPERM 5 6 7 c", "%pe %zu %td %jd %c", p, (size_t)5,
		    (ptrdiff_t)6, (intmax_t)7, 'c');
	expect_text("-EPERM 1.50 2.5 100%", "%pe %.2f %Lg 100%%", p, 1.5, 2.5L);
	expect_text("-EPERM [   ab] [ab   ] [abc]", "%pe [%*.*s] [%-5s] [%.*s]",
		    p, 5, 2, "abc", "ab", -1, "abc");
	expect_text("-EPERM [0x00ff] [5  ] [+5]", "%pe [%#06x] [%*d] [%+d]", p,
		    0xff, -3, 5, 5);
	expect_text("%pe -EPERM e", "%%pe %pe e", p);
	expect_text("0x12 0x12 0x12z", "%px %pK %pz", (void *)0x12,
		    (void *)0x12, (void *)0x12);
}

/* Law: functions are shown by name, and room is never exceeded. */
static void cuts(void **state)
{
	char text[64];

	memset(text, 'x', sizeof(text));
	assert_int_equal(scnprintf(text, 6, "%pe%d", ERR_PTR(-ENOENT), 12), 5);
	assert_string_equal(text, "-ENOE");
	assert_int_equal(text[6], 'x');
	assert_int_equal(scnprintf(text, 1, "%pe", ERR_PTR(-ENOENT)), 0);
	assert_string_equal(text, "");
	assert_int_equal(scnprintf(text, 0, "%pe", ERR_PTR(-ENOENT)), 0);
	scnprintf(text, sizeof(text), "%ps", (void *)&scnprintf);
	assert_string_equal(text, "uik_scnprintf");
	scnprintf(text, sizeof(text), "%pS|%-3ps|", (void *)&scnprintf + 2,
		  (void *)&scnprintf);
	assert_string_equal(text, "uik_scnprintf+0x2|uik_scnprintf|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors),
		cmocka_unit_test(references),
		cmocka_unit_test(formats),
		cmocka_unit_test(around),
		cmocka_unit_test(cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
