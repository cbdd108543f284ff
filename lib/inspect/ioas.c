// SPDX-License-Identifier: MIT
/*
 * An IOAS and an access as text.
 */
#include "inspect/inspect.h"

#include <linux/iommu.h>
#include <linux/iommufd.h>

#include "objects/access.h"
#include "objects/ioas.h"

void inspect_ioas(FILE *out, struct iommufd_ioas *ioas)
{
	struct iopt *iopt = &ioas->iopt;

	iopt_lock_read(iopt);
	fprintf(out, " areas %lu domains %u alignment %lu%s", iopt->area_count,
		iopt->domain_count, iopt->alignment,
		iopt->disable_large_pages ? " small_pages" : "");
	iopt_unlock_read(iopt);
}

/* Of all areas and accesses that share them. */
static void show_pages(FILE *out, struct pages *pages)
{
	unsigned long pinned, charged;

	mutex_lock(&pages->lock);
	pinned = pages->pinned;
	charged = pages->charged;
	mutex_unlock(&pages->lock);
	if (pinned || charged)
		fprintf(out, " pinned %lu charged %lu", pinned, charged);
}

static void show_area(FILE *out, const struct iopt_area *area)
{
	fprintf(out, "  area 0x%lx-0x%lx byte 0x%lx %c%c%s%s", area->first,
		area->last, area->start_byte,
		area->prot & IOMMU_READ ? 'r' : '-',
		area->prot & IOMMU_WRITE ? 'w' : '-',
		area->filled ? " filled" : "",
		area->prevent_access ? " prevented" : "");
	show_pages(out, area->pages);
	if (area->num_accesses)
		fprintf(out, " pins %u (locked %u)", area->num_accesses,
			area->num_locks);
	fputc('\n', out);
}

void inspect_areas(FILE *out, struct iommufd_ioas *ioas)
{
	struct iopt *iopt = &ioas->iopt;
	struct iopt_area *area;

	iopt_lock_read(iopt);
	for (unsigned int i = 0; i < iopt->reserved.joined_count; i++)
		fprintf(out, "  reserved 0x%lx-0x%lx\n",
			iopt->reserved.joined[i].first,
			iopt->reserved.joined[i].last);
	for (unsigned int i = 0; i < iopt->allowed.count; i++)
		fprintf(out, "  allowed 0x%lx-0x%lx\n",
			iopt->allowed.list[i].first,
			iopt->allowed.list[i].last);
	iopt_for_each_area(area, iopt)
		show_area(out, area);
	iopt_unlock_read(iopt);
}

void inspect_access(FILE *out, struct iommufd_access *access)
{
	mutex_lock(&access->lock);
	if (access->ioas_unpin)
		fprintf(out, " ioas %u", access->ioas_unpin->obj.id);
	mutex_unlock(&access->lock);
	if (iommufd_access_is_internal(access))
		fputs(" internal", out);
}
