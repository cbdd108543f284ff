/* SPDX-License-Identifier: MIT */
/*
 * Accesses that a test expects of a driver, in order.
 *
 * The list belongs to the test and outlives what is wrong with the library:
 * it comes from GLib, and does not count as the machine's memory.
 */
#include <glib.h>
#include "mmio.h"

#define TEXTS_MAX 20

struct mmio_expect {
	spinlock_t lock;	/* protects the rest: any thread accesses */
	GArray *list;		/* of struct uiommufd_mmio_expected */
	guint next;
	GString *wrong;
	unsigned int wrongs;
};

static struct mmio_expect *expect_of(struct uiommufd_mmio *mmio)
{
	struct mmio_expect *expect = mmio->expect;

	if (expect)
		return expect;
	expect = g_new0(struct mmio_expect, 1);
	spin_lock_init(&expect->lock);
	expect->list = g_array_new(FALSE, FALSE,
				   sizeof(struct uiommufd_mmio_expected));
	expect->wrong = g_string_new(NULL);
	mmio->expect = expect;
	mmio_watch(mmio, true);
	return expect;
}

void uiommufd_mmio_expect(struct uiommufd_mmio *mmio,
			  const struct uiommufd_mmio_expected *access)
{
	struct mmio_expect *expect = expect_of(mmio);

	spin_lock(&expect->lock);
	g_array_append_vals(expect->list, access, 1);
	spin_unlock(&expect->lock);
}

static const struct uiommufd_mmio_expected *
expected_locked(const struct mmio_expect *expect)
{
	if (expect->next == expect->list->len)
		return NULL;
	return &g_array_index(expect->list, struct uiommufd_mmio_expected,
			      expect->next);
}

static void append_access(GString *to, bool write, u32 offset,
			  unsigned int width, u64 value)
{
	g_string_append_printf(to, "%u-byte %s 0x%x", width,
			       write ? "write to" : "read of", offset);
	if (write)
		g_string_append_printf(to, " of 0x%" G_GINT64_MODIFIER "x",
				       (guint64)value);
}

static void append_expected(GString *to,
			    const struct uiommufd_mmio_expected *one)
{
	append_access(to, one->write, one->offset, one->width, one->value);
	if (one->write && one->mask != UIOMMUFD_MMIO_ALL64)
		g_string_append_printf(to,
				       " in bits 0x%" G_GINT64_MODIFIER "x",
				       (guint64)one->mask);
	g_string_append_printf(to, " (%s:%d)", one->file, one->line);
}

static bool is_it(const struct uiommufd_mmio_expected *one, bool write,
		  u32 offset, unsigned int width, u64 value)
{
	return one->write == write && one->offset == offset &&
	       one->width == width &&
	       (!write || !((value ^ one->value) & one->mask));
}

static void blame_locked(struct mmio_expect *expect, const char *mmio_name,
			 const struct uiommufd_mmio_expected *one, u32 offset,
			 unsigned int width, u64 value)
{
	if (expect->wrongs++ >= TEXTS_MAX)
		return;
	g_string_append_printf(expect->wrong, "%s: ", mmio_name);
	append_access(expect->wrong, true, offset, width, value);
	g_string_append(expect->wrong, ", expected was ");
	if (one)
		append_expected(expect->wrong, one);
	else
		g_string_append(expect->wrong, "no more");
	g_string_append_c(expect->wrong, '\n');
}

void mmio_expect_tell(struct uiommufd_mmio *mmio, bool write, u32 offset,
		      unsigned int width, u64 value)
{
	struct mmio_expect *expect = mmio->expect;
	const struct uiommufd_mmio_expected *one;

	spin_lock(&expect->lock);
	one = expected_locked(expect);
	if (one && is_it(one, write, offset, width, value))
		expect->next++;
	else if (write)
		blame_locked(expect, mmio->block->name, one, offset, width,
			     value);
	spin_unlock(&expect->lock);
}

/* What has not come. */
static void blame_missing(struct mmio_expect *expect, const char *mmio_name)
{
	const struct uiommufd_mmio_expected *one;

	while ((one = expected_locked(expect))) {
		if (expect->wrongs++ < TEXTS_MAX) {
			g_string_append_printf(expect->wrong, "%s: no ",
					       mmio_name);
			append_expected(expect->wrong, one);
			g_string_append_c(expect->wrong, '\n');
		}
		expect->next++;
	}
}

char *uiommufd_mmio_expect_end(struct uiommufd_mmio *mmio)
{
	struct mmio_expect *expect = mmio->expect;
	char *text = NULL;

	if (!expect)
		return NULL;
	mmio_watch(mmio, false);
	mmio->expect = NULL;
	blame_missing(expect, mmio->block->name);
	if (expect->wrongs > TEXTS_MAX)
		g_string_append_printf(expect->wrong, "and %u more\n",
				       expect->wrongs - TEXTS_MAX);
	if (expect->wrongs)
		text = strdup(expect->wrong->str);
	g_string_free(expect->wrong, TRUE);
	g_array_free(expect->list, TRUE);
	g_free(expect);
	return text;
}
