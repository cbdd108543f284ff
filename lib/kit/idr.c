/* SPDX-License-Identifier: MIT */
/*
 * IDR: pointers by small numbers, on an allocating XArray.
 *
 * The array's index is the number minus the base.  A number that holds NULL is
 * a reserved index, so it is in use and yet reads as NULL.
 */
#include <linux/idr.h>

#include <linux/bug.h>
#include <linux/minmax.h>

/* Callers that may not sleep have no other way to get nodes here. */
static gfp_t strong(gfp_t gfp)
{
	return gfpflags_allow_blocking(gfp) ? gfp : gfp | GFP_ATOMIC;
}

int idr_alloc_u32(struct idr *idr, void *ptr, u32 *nextid, unsigned long max,
		  gfp_t gfp)
{
	u32 base = idr->idr_base, first = *nextid > base ? *nextid - base : 0;
	struct xa_limit limit = {
		.min = first,
		.max = min_t(unsigned long, max, U32_MAX) - base,
	};
	u32 index;
	int ret;

	if (max < base || limit.min > limit.max)
		return -ENOSPC;
	xa_lock(&idr->idr_rt);
	ret = __xa_alloc(&idr->idr_rt, &index, NULL, limit, strong(gfp));
	if (!ret) {
		/* A reader that finds the pointer finds its number too. */
		*nextid = index + base;
		if (ptr)
			__xa_store(&idr->idr_rt, index, ptr, 0);
	}
	xa_unlock(&idr->idr_rt);
	return ret == -EBUSY ? -ENOSPC : ret;
}

int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	u32 id = start;
	int ret;

	if (WARN_ON_ONCE(start < 0))
		return -EINVAL;
	ret = idr_alloc_u32(idr, ptr, &id, end > 0 ? end - 1 : INT_MAX, gfp);
	return ret ?: (int)id;
}

int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	u32 id = idr->idr_next;
	unsigned long max = end > 0 ? end - 1 : INT_MAX;
	int ret;

	if ((int)id < start)
		id = start;
	ret = idr_alloc_u32(idr, ptr, &id, max, gfp);
	if (ret == -ENOSPC && (int)id > start) {
		id = start;
		ret = idr_alloc_u32(idr, ptr, &id, max, gfp);
	}
	if (ret)
		return ret;
	idr->idr_next = id + 1;
	return id;
}

void *idr_remove(struct idr *idr, unsigned long id)
{
	return id < idr->idr_base ? NULL :
				    xa_erase(&idr->idr_rt, id - idr->idr_base);
}

void *idr_find(const struct idr *idr, unsigned long id)
{
	return id < idr->idr_base ? NULL :
				    xa_load((struct xarray *)&idr->idr_rt,
					    id - idr->idr_base);
}

void *idr_replace(struct idr *idr, void *ptr, unsigned long id)
{
	XA_STATE(xas, &idr->idr_rt, id - idr->idr_base);
	void *old;

	if (id < idr->idr_base)
		return ERR_PTR(-ENOENT);
	xas_lock(&xas);
	old = xas_load(&xas);
	if (old)
		xas_store(&xas, ptr ? ptr : XA_ZERO_ENTRY);
	xas_unlock(&xas);
	if (!old)
		return ERR_PTR(-ENOENT);
	return xa_is_zero(old) ? NULL : old;
}

void *idr_get_next_ul(struct idr *idr, unsigned long *nextid)
{
	unsigned long base = idr->idr_base;
	unsigned long index = *nextid > base ? *nextid - base : 0;
	void *entry = xa_find(&idr->idr_rt, &index, ULONG_MAX, XA_PRESENT);

	if (entry)
		*nextid = index + base;
	return entry;
}

void *idr_get_next(struct idr *idr, int *nextid)
{
	unsigned long id = *nextid < 0 ? 0 : *nextid;
	void *entry = idr_get_next_ul(idr, &id);

	if (!entry || id > INT_MAX)
		return NULL;
	*nextid = id;
	return entry;
}

int idr_for_each(const struct idr *idr, int (*fn)(int id, void *p, void *data),
		 void *data)
{
	struct xarray *xa = (struct xarray *)&idr->idr_rt;
	unsigned long index;
	void *entry;
	int ret;

	xa_for_each_range(xa, index, entry, 0, INT_MAX - idr->idr_base) {
		ret = fn(index + idr->idr_base, entry, data);
		if (ret)
			return ret;
	}
	return 0;
}

void idr_destroy(struct idr *idr)
{
	xa_destroy(&idr->idr_rt);
}
