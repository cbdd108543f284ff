// SPDX-License-Identifier: MIT
/*
 * A law: what page tables, pins, ranges and doorbells of an IOAS say is what
 * follows from its mappings, and from who is attached; and the IOMMU core says
 * the same of that.
 *
 * All of it is made out anew and compared.  Of a long mapping some places are
 * looked at.
 */
#include <linux/bitmap.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <stdarg.h>
#include <uiommufd/inspect.h>

#include "inspect/inspect.h"
#include "objects/access.h"
#include "objects/ioas.h"
#include "objects/objects.h"

#define PLACES 16u			/* of a long mapping */

struct tables {
	struct iommufd_ctx *ictx;
	FILE *out;			/* NULL: only count */
	int wrong;
};

__attribute__((__format__(printf, 2, 3)))
static void say(struct tables *tables, const char *format, ...)
{
	va_list args;

	tables->wrong++;
	if (!tables->out)
		return;
	va_start(args, format);
	vfprintf(tables->out, format, args);
	va_end(args);
}

/* ---- page tables --------------------------------------------------------- */

/* Where the memory is; 0: nowhere any more. */
static phys_addr_t memory_of(const struct iopt_area *area, unsigned long iova)
{
	unsigned long byte = iopt_area_byte(area, iova);

	if (area->pages->kind == PAGES_DMABUF && area->pages->revoked)
		return 0;
	return PFN_PHYS(pages_pfn(area->pages, byte / PAGE_SIZE)) +
	       byte % PAGE_SIZE;
}

static void check_place(struct tables *tables, const struct iopt *iopt,
			unsigned long iova, phys_addr_t want)
{
	for (unsigned int i = 0; i < iopt->domain_count; i++) {
		phys_addr_t got = iommu_iova_to_phys(iopt->domains[i], iova);

		if (got != want)
			say(tables, "IOVA 0x%lx is 0x%llx in table %u, not 0x%llx\n",
			    iova, (u64)got, i, (u64)want);
	}
}

/* Nothing is there, unless somebody else has reserved it. */
static void check_hole(struct tables *tables, const struct iopt *iopt,
		       unsigned long iova)
{
	if (!iopt_area_at(iopt, iova) && !iopt_reserved_meets(iopt, iova, iova))
		check_place(tables, iopt, iova, 0);
}

static void check_area(struct tables *tables, const struct iopt *iopt,
		       const struct iopt_area *area)
{
	unsigned long length = iopt_area_length(area);
	unsigned long step = max(PAGE_SIZE, length / PLACES);

	if (area->filled != !!iopt->domain_count)
		say(tables, "area 0x%lx with %u tables is%s filled\n",
		    area->first, iopt->domain_count,
		    area->filled ? "" : " not");
	if (iopt_reserved_meets(iopt, area->first, area->last))
		say(tables, "area 0x%lx is where something is reserved\n",
		    area->first);
	if (!area->filled)
		return;
	for (unsigned long i = 0; i <= PLACES && i * step < length; i++)
		check_place(tables, iopt, area->first + i * step,
			    memory_of(area, area->first + i * step));
	check_place(tables, iopt, area->last, memory_of(area, area->last));
	if (area->first)
		check_hole(tables, iopt, area->first - 1);
	if (area->last != ULONG_MAX)
		check_hole(tables, iopt, area->last + 1);
}

/* ---- pins ---------------------------------------------------------------- */

static void check_pins(struct tables *tables, const struct iopt_area *area)
{
	struct pages *pages = area->pages;
	struct interval_tree_span_iter span;
	unsigned long used = 0;

	if (pages->kind == PAGES_DMABUF)
		return;
	interval_tree_for_each_span(&span, &pages->users, 0, pages->npages - 1)
		if (!span.is_hole)
			used += span.last_used - span.start_used + 1;
	if (pages->pinned != used || pages->charged != used)
		say(tables, "area 0x%lx: %lu of its pages are used, %lu pinned, %lu charged\n",
		    area->first, used, pages->pinned, pages->charged);
}

/* ---- alignment ----------------------------------------------------------- */

static void check_alignment(struct tables *tables, struct iopt *iopt)
{
	struct iommufd_access *access;
	unsigned long alignment, key;
	unsigned int paged = 0;

	xa_for_each(&iopt->accesses, key, access)
		paged += access->iova_alignment > 1;
	alignment = iopt->disable_large_pages || paged ? PAGE_SIZE : 1;
	for (unsigned int i = 0; i < iopt->domain_count; i++) {
		unsigned long sizes = iopt->domains[i]->pgsize_bitmap;

		alignment = max(alignment, sizes & -sizes);
	}
	if (paged != iopt->page_accesses || alignment != iopt->alignment)
		say(tables, "alignment is %lu with %u accesses to pages, not %lu with %u\n",
		    iopt->alignment, iopt->page_accesses, alignment, paged);
}

/* ---- reserved ranges ----------------------------------------------------- */

/* The table of @idev without PASID, or NULL. */
static struct iommufd_hwpt_paging *table_of(struct iommufd_device *idev)
{
	struct iommufd_attach *attach =
		xa_load(&idev->igroup->pasid_attach, IOMMU_NO_PASID);

	if (!attach || !xa_load(&attach->device_array, idev->obj.id))
		return NULL;
	return iommufd_hwpt_paging_part(attach->hwpt);
}

struct owner {
	const void *owner;		/* of a range */
	const struct iopt *iopt;
	bool found;
};

static void look_for_device(const struct inspect_slot *slot, void *arg)
{
	struct owner *owner = arg;
	struct iommufd_hwpt_paging *paging;
	struct iommufd_device *idev;

	if (!slot->obj || slot->obj->type != IOMMUFD_OBJ_DEVICE)
		return;
	idev = container_of(slot->obj, struct iommufd_device, obj);
	if (idev->dev != owner->owner)
		return;
	paging = table_of(idev);
	owner->found |= paging && &paging->ioas->iopt == owner->iopt;
}

/* A table's, an attached device's; tests reserve for nobody. */
static bool has_owner(struct tables *tables, const struct iopt *iopt,
		      const struct iopt_reservation *range)
{
	struct owner owner = { .owner = range->owner, .iopt = iopt };

	if (!range->owner)
		return true;
	for (unsigned int i = 0; i < iopt->domain_count; i++)
		if (iopt->domains[i] == range->owner)
			return true;
	inspect_each(tables->ictx, look_for_device, &owner);
	return owner.found;
}

static bool is_same(const struct iopt_reservation *a,
		    const struct iopt_reservation *b)
{
	return a->owner == b->owner && a->first == b->first &&
	       a->last == b->last;
}

/* Number @i of them; tests may reserve twice. */
static void check_range(struct tables *tables, const struct iopt *iopt,
			unsigned int i)
{
	const struct iopt_reservation *range = &iopt->reserved.list[i];

	if (!has_owner(tables, iopt, range))
		say(tables, "0x%lx-0x%lx is reserved for what is not attached\n",
		    range->first, range->last);
	for (unsigned int k = 0; range->owner && k < i; k++)
		if (is_same(range, &iopt->reserved.list[k]))
			say(tables, "0x%lx-0x%lx is reserved twice for the same\n",
			    range->first, range->last);
}

static void check_ranges(struct tables *tables, const struct iopt *iopt)
{
	for (unsigned int i = 0; i < iopt->reserved.count; i++)
		check_range(tables, iopt, i);
}

/* ---- objects ------------------------------------------------------------- */

static void check_ioas(struct tables *tables, struct iommufd_ioas *ioas)
{
	struct iopt *iopt = &ioas->iopt;
	struct iopt_area *area;

	iopt_lock_read(iopt);
	iopt_for_each_area(area, iopt) {
		check_area(tables, iopt, area);
		check_pins(tables, area);
	}
	check_alignment(tables, iopt);
	iopt_unlock_read(iopt);
	/* Enters objects, whose end takes the lock. */
	check_ranges(tables, iopt);
}

/* What its group has asked for is where it is attached. */
static void check_doorbells(struct tables *tables, struct iommufd_device *idev)
{
	struct iommufd_hwpt_paging *paging = table_of(idev);

	if (paging && !bitmap_subset(idev->igroup->required_sw_msi.bitmap,
				     paging->present_sw_msi.bitmap,
				     IOMMUFD_SW_MSI_PAGES))
		say(tables, "device %u: a doorbell is not in table %u\n",
		    idev->obj.id, paging->common.obj.id);
}

/* Whether the IOMMU core says the same of where a device is at each PASID. */
static void check_attachments(struct tables *tables, struct iommufd_device *idev)
{
	struct iommufd_group *igroup = idev->igroup;
	struct iommu_domain *domain = iommu_get_domain_for_dev(idev->dev);
	struct iommu_attach_handle *handle;
	struct iommufd_attach *attach;
	unsigned long pasid;

	xa_for_each(&igroup->pasid_attach, pasid, attach) {
		handle = iommu_attach_handle_get(igroup->group, pasid, 0);
		if (IS_ERR(handle) || handle->domain != attach->hwpt->domain)
			say(tables, "device %u is not in table %u at PASID %lu\n",
			    idev->obj.id, attach->hwpt->obj.id, pasid);
	}
	attach = xa_load(&igroup->pasid_attach, IOMMU_NO_PASID);
	if (attach ? domain != attach->hwpt->domain :
		     domain->cookie_type == IOMMU_COOKIE_IOMMUFD)
		say(tables, "device %u uses a table where it is not attached\n",
		    idev->obj.id);
}

static void check_device(struct tables *tables, struct iommufd_device *idev)
{
	if (iommufd_device_is_noiommu(idev))
		return;
	check_attachments(tables, idev);
	check_doorbells(tables, idev);
}

static void check_slot(const struct inspect_slot *slot, void *arg)
{
	if (!slot->obj)
		return;
	if (slot->obj->type == IOMMUFD_OBJ_IOAS)
		check_ioas(arg, container_of(slot->obj, struct iommufd_ioas,
					     obj));
	else if (slot->obj->type == IOMMUFD_OBJ_DEVICE)
		check_device(arg, container_of(slot->obj,
					       struct iommufd_device, obj));
}

static int check_tables(struct iommufd_ctx *ictx, void *arg)
{
	struct tables tables = { .ictx = ictx, .out = arg };

	inspect_each(ictx, check_slot, &tables);
	return tables.wrong;
}

int uiommufd_tables_check(int fd, FILE *out)
{
	return inspect_with_context(fd, check_tables, out);
}
