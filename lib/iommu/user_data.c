// SPDX-License-Identifier: MIT
/*
 * Structures of the user for drivers.  Each user byte is fetched once, so that
 * what was checked is what is used.
 */
#include <linux/bug.h>
#include <linux/iommu.h>
#include <linux/string.h>
#include <linux/uaccess.h>

/* The length rule of single structures: no tolerance for longer ones. */
static int check_length(size_t len, size_t data_len, size_t min_len)
{
	return len < min_len || len > data_len ? -EINVAL : 0;
}

static int fetch(void *dst, const void __user *src, size_t len, size_t data_len)
{
	if (copy_from_user(dst, src, len))
		return -EFAULT;
	memset((char *)dst + len, 0, data_len - len);
	return 0;
}

int __iommu_copy_struct_from_user(void *dst, const struct iommu_user_data *src,
				  unsigned int data_type, size_t data_len,
				  size_t min_len)
{
	int ret;

	if (WARN_ON(!dst || !src))
		return -EINVAL;
	if (src->type != data_type)
		return -EINVAL;
	ret = check_length(src->len, data_len, min_len);
	return ret ?: fetch(dst, src->uptr, src->len, data_len);
}

int __iommu_copy_struct_from_user_array(
	void *dst, const struct iommu_user_data_array *src,
	unsigned int data_type, unsigned int index, size_t data_len,
	size_t min_len)
{
	struct iommu_user_data element;

	if (WARN_ON(!src || index >= src->entry_num))
		return -EINVAL;
	element.type = src->type;
	element.uptr = (char __user *)src->uptr + src->entry_len * index;
	element.len = src->entry_len;
	return __iommu_copy_struct_from_user(dst, &element, data_type,
					     data_len, min_len);
}

int __iommu_copy_struct_to_user(const struct iommu_user_data *dst, void *src,
				unsigned int data_type, size_t data_len,
				size_t min_len)
{
	int ret;

	if (WARN_ON(!dst || !src))
		return -EINVAL;
	if (dst->type != data_type)
		return -EINVAL;
	ret = check_length(dst->len, data_len, min_len);
	if (ret)
		return ret;
	return copy_to_user(dst->uptr, src, dst->len) ? -EFAULT : 0;
}

int iommu_copy_struct_from_full_user_array(
	void *kdst, size_t kdst_entry_size,
	struct iommu_user_data_array *user_array, unsigned int data_type)
{
	char __user *src = user_array->uptr;
	char *dst = kdst;
	u32 i;

	if (user_array->type != data_type || !user_array->entry_num)
		return -EINVAL;
	if (user_array->entry_len == kdst_entry_size)
		return copy_from_user(kdst, src,
				      kdst_entry_size * user_array->entry_num) ?
			       -EFAULT : 0;
	for (i = 0; i < user_array->entry_num; i++) {
		int ret = copy_struct_from_user(dst, kdst_entry_size, src,
						user_array->entry_len);

		if (ret)
			return ret;
		dst += kdst_entry_size;
		src += user_array->entry_len;
	}
	return 0;
}
