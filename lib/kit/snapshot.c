/* SPDX-License-Identifier: MIT */
/*
 * Snapshots; see <uik/snapshot.h>.
 *
 * Invariants: a page of a region is either protected and as it was, or in the
 * table with a copy of what it was.  `lines` of a page are those that differed
 * at some restore; a page that is `fresh` has not been compared since it was
 * first written to, so any restore compares it.
 *
 * The fault handler writes to the snapshot only, which lies in memory of its
 * own.  Nothing here uses functions that a memory checker replaces: what is
 * read and written may be poisoned, and the poison is brought back too.
 */
#include "kit/snapshot.h"

#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kit/machine.h"
#include "kit/mmio.h"
#include "kit/poison.h"
#include "kit/usercopy.h"

#define REGIONS_MAX 96u
#define LEFT_OUT_MAX 16u
#define PAGES_MAX 32768u
#define LINE 64u
#define LINES (ARENA_PAGE / LINE)
#define NEAR 1u			/* lines */
/* Not a page's: or its lines and their copies would contend for cache sets. */
#define IMAGE_STRIDE (ARENA_PAGE + 5 * LINE)

#define unchecked \
	__attribute__((__noinline__, __no_sanitize__("address", "thread")))
#define unchecked_inline \
	static inline __attribute__((__always_inline__, \
				     __no_sanitize__("address", "thread")))

struct region {
	uintptr_t start, end;
};

struct page_image {
	uintptr_t addr;
	uint64_t lines;			/* that have differed */
	uint64_t left_out;		/* that stay as they are */
	bool fresh;
	uint8_t shadow[KIT_HAS_ASAN ? ARENA_PAGE / 8 : 1];
};

struct uik_snapshot {
	struct region regions[REGIONS_MAX];
	unsigned int region_count;
	struct region left_out[LEFT_OUT_MAX];
	unsigned int left_out_count;
	unsigned int page_count;
	struct uik_machine *machine;
	struct fault_hold hold;
	char *images;			/* of the pages, in their order */
	struct page_image pages[PAGES_MAX];
};

static struct uik_snapshot *active;
static unsigned long host_changes uik_unsnapped;

void snapshot_host_changed(void)
{
	__atomic_fetch_add(&host_changes, 1, __ATOMIC_RELAXED);
}

unsigned long uik_snapshot_host_changes(void)
{
	return __atomic_load_n(&host_changes, __ATOMIC_RELAXED);
}

extern char first_unsnapped[] __asm__("__start_uik_unsnapped")
	__attribute__((weak, visibility("hidden")));
extern char end_unsnapped[] __asm__("__stop_uik_unsnapped")
	__attribute__((weak, visibility("hidden")));

typedef uint64_t word __attribute__((may_alias, vector_size(16)));

unchecked_inline void copy_line(void *to, const void *from)
{
	word *t = to;
	const word *f = from;

	t[0] = f[0];
	t[1] = f[1];
	t[2] = f[2];
	t[3] = f[3];
}

unchecked_inline bool same_line(const void *a, const void *b)
{
	const word *x = a, *y = b;
	word d = (x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]);

	return !(d[0] | d[1]);
}

static char *image_of(const struct uik_snapshot *snapshot, unsigned int page)
{
	return snapshot->images + (size_t)page * IMAGE_STRIDE;
}

#ifdef KIT_ASAN
unchecked static uint8_t *shadow_of(uintptr_t addr)
{
	static size_t scale uik_unsnapped, offset uik_unsnapped;

	if (!scale)
		__asan_get_shadow_mapping(&scale, &offset);
	return (uint8_t *)((addr >> scale) + offset);
}

unchecked static void shadow_copy(uint8_t *to, const uint8_t *from)
{
	for (size_t i = 0; i < ARENA_PAGE / 8; i++)
		to[i] = from[i];
}
#endif

/* ---- taking --------------------------------------------------------------*/

/* Lines of a page that hold something left out. */
static uint64_t lines_left_out(const struct uik_snapshot *snapshot,
			       uintptr_t page)
{
	uint64_t lines = 0;

	for (unsigned int i = 0; i < snapshot->left_out_count; i++) {
		const struct region *r = &snapshot->left_out[i];

		for (unsigned int n = 0; n < LINES; n++)
			if (page + n * LINE < r->end &&
			    page + (n + 1) * LINE > r->start)
				lines |= 1ull << n;
	}
	return lines;
}

/* The page's copy; it may be written from now on. */
unchecked static void page_add(struct uik_snapshot *snapshot, uintptr_t addr)
{
	unsigned int n = snapshot->page_count++;
	struct page_image *page = &snapshot->pages[n];
	char *image = image_of(snapshot, n);

	page->addr = addr;
	page->fresh = true;
	page->left_out = lines_left_out(snapshot, addr);
	for (unsigned int i = 0; i < ARENA_PAGE; i += LINE)
		copy_line(image + i, (char *)addr + i);
#ifdef KIT_ASAN
	shadow_copy(page->shadow, shadow_of(addr));
#endif
}

bool snapshot_fault(const void *addr)
{
	struct uik_snapshot *snapshot = active;
	uintptr_t at = (uintptr_t)addr & ~(ARENA_PAGE - 1);

	if (!snapshot || snapshot->page_count == PAGES_MAX)
		return false;
	for (unsigned int i = 0; i < snapshot->region_count; i++) {
		if (at < snapshot->regions[i].start ||
		    at >= snapshot->regions[i].end)
			continue;
		for (unsigned int n = 0; n < snapshot->page_count; n++)
			if (snapshot->pages[n].addr == at)
				return false;	/* not ours: it is writable */
		page_add(snapshot, at);
		return !mprotect((void *)at, ARENA_PAGE,
				 PROT_READ | PROT_WRITE);
	}
	return false;
}

static void region_add(struct uik_snapshot *snapshot, uintptr_t start,
		       uintptr_t end)
{
	start &= ~(ARENA_PAGE - 1);
	end = (end + ARENA_PAGE - 1) & ~(ARENA_PAGE - 1);
	if (start < end && snapshot->region_count < REGIONS_MAX)
		snapshot->regions[snapshot->region_count++] =
			(struct region){ start, end };
}

static void leave_out(struct uik_snapshot *snapshot, uintptr_t start,
		      uintptr_t end)
{
	if (start < end && snapshot->left_out_count < LEFT_OUT_MAX)
		snapshot->left_out[snapshot->left_out_count++] =
			(struct region){ start, end };
}

static void add_zone(struct uik_snapshot *snapshot, const struct arena *arena,
		     const struct arena_zone *zone)
{
	region_add(snapshot, zone->start, zone->brk);
	region_add(snapshot, (uintptr_t)arena_tag(arena, zone->start),
		   (uintptr_t)arena_tag(arena, zone->brk));
}

/* Addresses of functions, which the loader finds at their first call. */
static void leave_out_got(struct uik_snapshot *snapshot, uintptr_t base,
			  const ElfW(Phdr) *dynamic)
{
	const ElfW(Dyn) *d = (const void *)(base + dynamic->p_vaddr);
	uintptr_t got = 0, bytes = 0;

	for (; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_PLTGOT)
			got = d->d_un.d_ptr;
		else if (d->d_tag == DT_PLTRELSZ)
			bytes = d->d_un.d_val / sizeof(ElfW(Rela)) * 8 + 24;
	}
	if (got)
		leave_out(snapshot, got < base ? got + base : got,
			  (got < base ? got + base : got) + bytes);
}

/* Writable segments of one module, as far as they are writable. */
static int add_module(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct uik_snapshot *snapshot = arg;
	uintptr_t here = (uintptr_t)&add_module, relro = 0, start, end;
	bool wanted = !info->dlpi_name[0];	/* the main program */
	const ElfW(Phdr) *ph;

	for (ph = info->dlpi_phdr; ph < info->dlpi_phdr + info->dlpi_phnum;
	     ph++) {
		start = info->dlpi_addr + ph->p_vaddr;
		if (ph->p_type == PT_LOAD && here - start < ph->p_memsz)
			wanted = true;
		if (ph->p_type == PT_GNU_RELRO)
			relro = (start + ph->p_memsz) & ~(ARENA_PAGE - 1);
	}
	for (ph = info->dlpi_phdr;
	     wanted && ph < info->dlpi_phdr + info->dlpi_phnum; ph++) {
		if (ph->p_type == PT_DYNAMIC)
			leave_out_got(snapshot, info->dlpi_addr, ph);
		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_W))
			continue;
		start = info->dlpi_addr + ph->p_vaddr;
		end = start + ph->p_memsz;
		region_add(snapshot, start < relro && relro <= end ? relro :
			   start, end);
	}
	return 0;
}

static void add_kept(struct uik_snapshot *snapshot)
{
	const struct uik_machine *machine = snapshot->machine;

	for (unsigned int i = 0; i < machine->kept_count; i++)
		region_add(snapshot, (uintptr_t)machine->kept[i].start,
			   (uintptr_t)machine->kept[i].start +
				   machine->kept[i].bytes);
}

static void collect(struct uik_snapshot *snapshot)
{
	const struct arena *arena = &snapshot->machine->arena;

	region_add(snapshot, arena->base, arena->base + ARENA_TAGS);
	add_zone(snapshot, arena, &arena->heap);
	add_zone(snapshot, arena, &arena->zone);
	leave_out(snapshot, (uintptr_t)first_unsnapped,
		  (uintptr_t)end_unsnapped);
	if (uik_mmio_table)
		region_add(snapshot, (uintptr_t)uik_mmio_table,
			   (uintptr_t)(uik_mmio_table + UIK_MMIO_PAGES));
	dl_iterate_phdr(add_module, snapshot);
	add_kept(snapshot);
}

static void *own_memory(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void protect(struct uik_snapshot *snapshot, int prot)
{
	for (unsigned int i = 0; i < snapshot->region_count; i++)
		mprotect((void *)snapshot->regions[i].start,
			 snapshot->regions[i].end - snapshot->regions[i].start,
			 prot);
}

struct uik_snapshot *uik_snapshot_take(struct uik_machine *machine,
				       const struct uik_range *ranges,
				       unsigned int count)
{
	struct uik_snapshot *snapshot = own_memory(sizeof(*snapshot));

	if (!snapshot)
		return NULL;
	snapshot->images = own_memory((size_t)PAGES_MAX * IMAGE_STRIDE);
	if (!snapshot->images) {
		munmap(snapshot, sizeof(*snapshot));
		return NULL;
	}
	snapshot->machine = machine;
	fault_handler_hold(&snapshot->hold);
	collect(snapshot);
	for (unsigned int i = 0; i < count; i++)
		for (size_t at = 0; at < ranges[i].bytes; at += ARENA_PAGE)
			page_add(snapshot, (uintptr_t)ranges[i].start + at);
	active = snapshot;
	protect(snapshot, PROT_READ);
	return snapshot;
}

/* ---- restoring -----------------------------------------------------------*/

/*
 * What lies near a line that changed is likely to change some day: in the
 * machine and in static memory, which are few pages and full of structures.
 * Blocks of the heap stand for themselves.
 */
static uint64_t lines_near(const struct uik_snapshot *snapshot,
			   const struct page_image *page, uint64_t lines)
{
	const struct arena_zone *heap = &snapshot->machine->arena.heap;

	if (page->addr - heap->start < heap->end - heap->start)
		return lines;
	for (unsigned int i = 0; i < NEAR; i++)
		lines |= lines << 1 | lines >> 1;
	return lines & ~page->left_out;
}

/* Compares all of it; the lines that differed. */
unchecked static uint64_t page_compare(const struct page_image *page,
				       const char *image)
{
	uint64_t found = 0;
	char *at = (char *)page->addr;

	for (unsigned int i = 0; i < LINES; i++, at += LINE, image += LINE) {
		if (same_line(at, image) || page->left_out >> i & 1)
			continue;
		copy_line(at, image);
		found |= 1ull << i;
	}
	return found;
}

unchecked static void page_copy_known(const struct page_image *page,
				      const char *image)
{
	for (uint64_t left = page->lines; left; left &= left - 1) {
		unsigned int at = __builtin_ctzll(left) * LINE;

		copy_line((char *)page->addr + at, image + at);
	}
}

unchecked bool uik_snapshot_restore(struct uik_snapshot *snapshot,
				    bool thorough)
{
	bool missed = false;

	for (unsigned int n = 0; n < snapshot->page_count; n++) {
		struct page_image *page = &snapshot->pages[n];
		char *image = image_of(snapshot, n);
		uint64_t found;

		if (!thorough && !page->fresh && !KIT_HAS_ASAN) {
			page_copy_known(page, image);
			continue;
		}
		found = page_compare(page, image);
		missed |= !page->fresh && found & ~page->lines;
		if (found & ~page->lines)
			page->lines |= lines_near(snapshot, page, found);
		page->fresh = false;
#ifdef KIT_ASAN
		shadow_copy(shadow_of(page->addr), page->shadow);
#endif
	}
	return missed;
}

/* ---- what lies between --------------------------------------------------- */

/* What follows are the lines, one by one. */
struct saved_page {
	uint64_t lines;			/* 0: the end */
	uint64_t page;
};

/* Which of @lines differ from the page's copy. */
unchecked static uint64_t lines_differing(const struct page_image *page,
					  const char *image, uint64_t lines)
{
	uint64_t found = 0;

	for (uint64_t left = lines & ~page->left_out; left; left &= left - 1) {
		unsigned int i = __builtin_ctzll(left);

		if (!same_line((char *)page->addr + i * LINE, image + i * LINE))
			found |= 1ull << i;
	}
	return found;
}

/* All that differs; what was not known to change is known then. */
static uint64_t page_learn(const struct uik_snapshot *snapshot,
			   struct page_image *page, const char *image,
			   bool *out_missed)
{
	uint64_t found = lines_differing(page, image, ~0ull);

	if (!(found & ~page->lines))
		return found;
	*out_missed |= !page->fresh;
	page->lines |= lines_near(snapshot, page, found);
	return found;
}

unchecked static void *page_save(const struct page_image *page, unsigned int n,
				 uint64_t lines, void *out)
{
	struct saved_page *saved = out;
	char *to = (char *)(saved + 1);

	*saved = (struct saved_page){ lines, n };
	for (uint64_t left = lines; left; left &= left - 1, to += LINE)
		copy_line(to, (char *)page->addr + __builtin_ctzll(left) * LINE);
	return to;
}

bool uik_snapshot_can_save(void)
{
	if (KIT_HAS_ASAN || KIT_HAS_TSAN)
		return false;
	return !RUNNING_ON_VALGRIND;
}

size_t uik_snapshot_save(struct uik_snapshot *snapshot, void *out, size_t room,
			 bool thorough, bool *out_missed)
{
	char *at = out, *end = at + room - sizeof(struct saved_page) * 2;

	if (!uik_snapshot_can_save())
		return 0;
	for (unsigned int n = 0; n < snapshot->page_count; n++) {
		struct page_image *page = &snapshot->pages[n];
		const char *image = image_of(snapshot, n);
		uint64_t lines = thorough || page->fresh ?
			page_learn(snapshot, page, image, out_missed) :
			lines_differing(page, image, page->lines);

		if (!lines)
			continue;
		if (end - at < (long)ARENA_PAGE)
			return 0;
		at = page_save(page, n, lines, at);
	}
	*(struct saved_page *)at = (struct saved_page){ 0, UINT64_MAX };
	return at + sizeof(struct saved_page) - (char *)out;
}

/* Lines that were saved from there, all others as they were at first. */
unchecked static void page_load(const struct page_image *page,
				const char *image, uint64_t saved,
				const char *from)
{
	for (uint64_t left = page->lines | saved; left; left &= left - 1) {
		unsigned int i = __builtin_ctzll(left);
		bool was_saved = saved >> i & 1;

		copy_line((char *)page->addr + i * LINE,
			  was_saved ? from : image + i * LINE);
		from += was_saved ? LINE : 0;
	}
}

unchecked void uik_snapshot_load(struct uik_snapshot *snapshot,
				 const void *saved)
{
	const struct saved_page *next = saved;

	for (unsigned int n = 0; n < snapshot->page_count; n++) {
		struct page_image *page = &snapshot->pages[n];
		const char *image = image_of(snapshot, n);
		uint64_t lines = next->page == n ? next->lines : 0;

		/* Compared for the first time: it may have changed since. */
		if (page->fresh)
			page->lines |= lines_near(snapshot, page,
						  page_compare(page, image));
		page->fresh = false;
		page_load(page, image, lines, (const char *)(next + 1));
		if (lines)
			next = (const void *)((const char *)(next + 1) +
				__builtin_popcountll(lines) * LINE);
	}
}

unchecked_inline uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Four lanes, so that multiplications overlap. */
unchecked_inline void hash_line(uint64_t *lanes, const void *line)
{
	typedef uint64_t plain __attribute__((may_alias));
	const plain *w = line;

	for (unsigned int i = 0; i < 4; i++)
		lanes[i] = fold(lanes[i] ^ w[i] ^ 0x9e3779b97f4a7c15ull,
				w[i + 4] ^ 0xbf58476d1ce4e5b9ull);
}

unchecked uint64_t uik_snapshot_hash(const struct uik_snapshot *snapshot)
{
	uint64_t lanes[4] = { 1, 2, 3, 4 }, hash = 0;

	for (unsigned int n = 0; n < snapshot->page_count; n++) {
		const struct page_image *page = &snapshot->pages[n];
		const char *image = image_of(snapshot, n);
		uint64_t left = page->fresh ? ~0ull : page->lines;

		/* Most that ever differed are as they were: cheap to see. */
		for (left &= ~page->left_out; left; left &= left - 1) {
			size_t at = __builtin_ctzll(left) * LINE;
			const char *line = (const char *)page->addr + at;

			if (same_line(line, image + at))
				continue;
			lanes[0] ^= (uintptr_t)line;
			hash_line(lanes, line);
		}
	}
	for (unsigned int i = 0; i < 4; i++)
		hash = (hash ^ lanes[i]) * 0x94d049bb133111ebull + (hash >> 31);
	return hash;
}

void uik_snapshot_free(struct uik_snapshot *snapshot)
{
	if (!snapshot)
		return;
	protect(snapshot, PROT_READ | PROT_WRITE);
	active = NULL;
	fault_handler_release(&snapshot->hold);
	munmap(snapshot->images, (size_t)PAGES_MAX * IMAGE_STRIDE);
	munmap(snapshot, sizeof(*snapshot));
}

void uik_snapshot_stats(const struct uik_snapshot *snapshot,
			struct uik_snapshot_stats *out)
{
	*out = (struct uik_snapshot_stats){ .pages = snapshot->page_count };
	for (unsigned int n = 0; n < snapshot->page_count; n++)
		out->lines += __builtin_popcountll(snapshot->pages[n].lines);
}

int uik_machine_keep(struct uik_machine *machine, void *start, size_t bytes)
{
	unsigned int n = machine->kept_count;

	if (n == ARRAY_SIZE(machine->kept))
		return -ENOSPC;
	machine->kept[n] = (struct uik_range){ start, bytes };
	machine->kept_count = n + 1;
	return 0;
}
