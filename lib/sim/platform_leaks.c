// SPDX-License-Identifier: MIT
/*
 * The leak report: blocks that the boot did not make, one paragraph for each
 * stack that allocated some.
 *
 * It is written when something is wrong already, so it takes what it needs
 * from GLib, not from the machine.
 */
#include <glib.h>
#include <uik/slab.h>

#include "kit/backtrace.h"
#include "platform.h"

struct leak {
	GBytes *stack;			/* its key: return addresses */
	u64 blocks;
	u64 bytes;
};

struct leaks {
	u64 since;			/* serial */
	u64 bytes;
	GHashTable *by_stack;		/* GBytes -> struct leak */
};

static void leak_free(void *arg)
{
	struct leak *leak = arg;

	g_bytes_unref(leak->stack);
	g_free(leak);
}

static struct leak *leak_of(struct leaks *leaks,
			    const struct uik_slab_block *block)
{
	GBytes *stack = g_bytes_new(block->frames,
				    block->frame_count * sizeof(void *));
	struct leak *leak = g_hash_table_lookup(leaks->by_stack, stack);

	if (leak) {
		g_bytes_unref(stack);
		return leak;
	}
	leak = g_new0(struct leak, 1);
	leak->stack = stack;
	g_hash_table_insert(leaks->by_stack, stack, leak);
	return leak;
}

static bool add_block(const struct uik_slab_block *block, void *arg)
{
	struct leaks *leaks = arg;
	struct leak *leak;

	if (block->serial <= leaks->since)
		return true;
	leak = leak_of(leaks, block);
	leak->blocks++;
	leak->bytes += block->size;
	leaks->bytes += block->size;
	return true;
}

static void print_leak(FILE *out, const struct leak *leak)
{
	gsize size;
	void *const *frames = g_bytes_get_data(leak->stack, &size);

	fprintf(out, "Leak of %llu byte(s) in %llu block(s) allocated from:\n",
		(unsigned long long)leak->bytes,
		(unsigned long long)leak->blocks);
	for (gsize i = 0; i < size / sizeof(*frames); i++) {
		char name[192];

		backtrace_name((const char *)frames[i] - 1, name, sizeof(name));
		fprintf(out, "    #%zu %s\n", i, name);
	}
	fputc('\n', out);
}

/* The largest first; equal ones in the order of their stacks. */
static int compare_leaks(const void *a, const void *b)
{
	const struct leak *x = *(struct leak *const *)a;
	const struct leak *y = *(struct leak *const *)b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return g_bytes_compare(x->stack, y->stack);
}

/* Returns their bytes. */
static u64 print_leaks(struct uiommufd_platform *platform, FILE *out)
{
	struct leaks leaks = {
		.since = platform->boot_serial,
		.by_stack = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
						  NULL, leak_free),
	};
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	GHashTableIter iter;
	void *leak;

	uik_slab_each(platform->machine, add_block, &leaks);
	g_hash_table_iter_init(&iter, leaks.by_stack);
	while (g_hash_table_iter_next(&iter, NULL, &leak))
		g_ptr_array_add(sorted, leak);
	g_ptr_array_sort(sorted, compare_leaks);
	for (guint i = 0; i < sorted->len; i++)
		print_leak(out, g_ptr_array_index(sorted, i));
	g_hash_table_unref(leaks.by_stack);
	return leaks.bytes;
}

uint64_t uiommufd_platform_report_leaks(struct uiommufd_platform *platform,
					FILE *out)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };
	bool debug = uik_slab_debug(platform->machine);

	uiommufd_platform_audit(platform, &audit);
	if (!audit.blocks)
		return 0;
	if (debug)
		audit.block_bytes = print_leaks(platform, out);
	fprintf(out, "SUMMARY: uiommufd: %llu byte(s) leaked in %llu "
		"block(s).%s\n", (unsigned long long)audit.block_bytes,
		(unsigned long long)audit.blocks,
		debug ? "" : " UIOMMUFD_DEBUG=refs shows where they come from.");
	return audit.blocks;
}
