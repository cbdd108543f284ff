/* SPDX-License-Identifier: MIT */
/*
 * Types of module parameters: how each is set from text and shown.
 *
 * All run with the parameters' lock held.  A set function that fails has
 * changed nothing.
 */
#include <linux/moduleparam.h>

#include <stdlib.h>
#include <string.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/mutex.h>

#define GET_BYTES 4096		/* of a get function's buffer */

static DEFINE_MUTEX(param_lock);

/* Of the process's life: a module may remember a text that was set before. */
static struct kept_text {
	struct kept_text *next;
	char text[];
} *kept_texts;			/* under param_lock */

void kernel_param_lock(struct module *module)
{
	mutex_lock(&param_lock);
}

void kernel_param_unlock(struct module *module)
{
	mutex_unlock(&param_lock);
}

#define NUMBER(name, type, parse, format) \
	int param_set_##name(const char *value, const struct kernel_param *kp) \
	{ \
		return parse(value, 0, (type *)kp->arg); \
	} \
	int param_get_##name(char *buffer, const struct kernel_param *kp) \
	{ \
		return scnprintf(buffer, GET_BYTES, format "\n", \
				 *(type *)kp->arg); \
	} \
	const struct kernel_param_ops param_ops_##name = { \
		.set = param_set_##name, \
		.get = param_get_##name, \
	}

NUMBER(byte, unsigned char, kstrtou8, "%hhu");
NUMBER(short, short, kstrtos16, "%hi");
NUMBER(ushort, unsigned short, kstrtou16, "%hu");
NUMBER(int, int, kstrtoint, "%i");
NUMBER(uint, unsigned int, kstrtouint, "%u");
NUMBER(long, long, kstrtol, "%li");
NUMBER(ulong, unsigned long, kstrtoul, "%lu");
NUMBER(ullong, unsigned long long, kstrtoull, "%llu");
NUMBER(hexint, unsigned int, kstrtouint, "%#08x");

int param_set_uint_minmax(const char *value, const struct kernel_param *kp,
			  unsigned int min, unsigned int max)
{
	unsigned int number;
	int rc = kstrtouint(value, 0, &number);

	if (rc)
		return rc;
	if (number < min || number > max)
		return -EINVAL;
	*(unsigned int *)kp->arg = number;
	return 0;
}

static int parse_bool(const char *value, bool *out)
{
	return kstrtobool(value ? value : "1", out);
}

int param_set_bool(const char *value, const struct kernel_param *kp)
{
	return parse_bool(value, kp->arg);
}

int param_get_bool(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, GET_BYTES, "%c\n",
			 *(bool *)kp->arg ? 'Y' : 'N');
}

int param_set_invbool(const char *value, const struct kernel_param *kp)
{
	bool set;
	int rc = parse_bool(value, &set);

	if (!rc)
		*(bool *)kp->arg = !set;
	return rc;
}

int param_get_invbool(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, GET_BYTES, "%c\n",
			 *(bool *)kp->arg ? 'N' : 'Y');
}

int param_set_bint(const char *value, const struct kernel_param *kp)
{
	bool set;
	int rc = parse_bool(value, &set);

	if (!rc)
		*(int *)kp->arg = set;
	return rc;
}

const struct kernel_param_ops param_ops_bool = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = param_set_bool,
	.get = param_get_bool,
};

const struct kernel_param_ops param_ops_invbool = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = param_set_invbool,
	.get = param_get_invbool,
};

const struct kernel_param_ops param_ops_bint = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = param_set_bint,
	.get = param_get_int,
};

static char *keep_text(const char *text)
{
	size_t bytes = strlen(text) + 1;
	struct kept_text *kept = malloc(sizeof(*kept) + bytes);

	if (!kept)
		return NULL;
	kept->next = kept_texts;
	kept_texts = kept;
	return memcpy(kept->text, text, bytes);
}

int param_set_charp(const char *value, const struct kernel_param *kp)
{
	char *copy = keep_text(value);

	if (!copy)
		return -ENOMEM;
	*(char **)kp->arg = copy;
	return 0;
}

int param_get_charp(char *buffer, const struct kernel_param *kp)
{
	const char *text = *(char **)kp->arg;

	return scnprintf(buffer, GET_BYTES, "%s\n", text ? text : "(null)");
}

const struct kernel_param_ops param_ops_charp = {
	.set = param_set_charp,
	.get = param_get_charp,
};

int param_set_copystring(const char *value, const struct kernel_param *kp)
{
	size_t bytes = strlen(value) + 1;

	if (bytes > kp->str->maxlen)
		return -ENOSPC;
	memcpy(kp->str->string, value, bytes);
	return 0;
}

int param_get_string(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, GET_BYTES, "%.*s\n", (int)kp->str->maxlen,
			 kp->str->string);
}

const struct kernel_param_ops param_ops_string = {
	.set = param_set_copystring,
	.get = param_get_string,
};

/* The element at @arg of @kp's array, as a parameter. */
static struct kernel_param element(const struct kernel_param *kp, void *arg)
{
	struct kernel_param one = *kp;

	one.ops = kp->arr->ops;
	one.arg = arg;
	return one;
}

/* Elements from @text, which is cut, to @to; their number or an error. */
static int array_parse(char *text, const struct kernel_param *kp, char *to)
{
	const struct kparam_array *array = kp->arr;
	unsigned int count = 0;
	char *word;
	int rc;

	while ((word = strsep(&text, ","))) {
		struct kernel_param one;

		if (count == array->max)
			return -EINVAL;
		one = element(kp, to + (size_t)count * array->elemsize);
		rc = array->ops->set(word, &one);
		if (rc)
			return rc;
		count++;
	}
	return count;
}

/* Into a copy first: all elements are good, or none is set. */
static int array_set(const char *value, const struct kernel_param *kp)
{
	const struct kparam_array *array = kp->arr;
	char *text = value ? strdup(value) : NULL;
	char *copy = calloc(array->max, array->elemsize);
	int count = -ENOMEM;

	if (text && copy)
		count = array_parse(text, kp, copy);
	if (count > 0)
		memcpy(array->elem, copy, (size_t)count * array->elemsize);
	if (count > 0 && array->num)
		*array->num = count;
	free(copy);
	free(text);
	return count < 0 ? count : 0;
}

/* Adds the @i-th element and a newline in place of the last one. */
static int array_add(char *buffer, int length, const struct kernel_param *kp,
		     unsigned int i)
{
	const struct kparam_array *array = kp->arr;
	struct kernel_param one = element(
		kp, (char *)array->elem + (size_t)i * array->elemsize);
	char *text = calloc(1, GET_BYTES);
	int rc;

	if (!text)
		return -ENOMEM;
	rc = array->ops->get(text, &one);
	if (rc >= 0) {
		if (length)
			buffer[length - 1] = ',';
		rc = length + scnprintf(buffer + length, GET_BYTES - length,
					"%s", text);
	}
	free(text);
	return rc;
}

static int array_get(char *buffer, const struct kernel_param *kp)
{
	unsigned int count = kp->arr->num ? *kp->arr->num : kp->arr->max, i;
	int length = 0;

	for (i = 0; i < count && length >= 0; i++)
		length = array_add(buffer, length, kp, i);
	return length;
}

const struct kernel_param_ops param_array_ops = {
	.set = array_set,
	.get = array_get,
};
