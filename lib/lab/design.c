// SPDX-License-Identifier: MIT
/*
 * Designs: defaults, the [design] group of a file, limits.
 */
#include <glib.h>
#include <stddef.h>
#include <string.h>

#include "profile.h"

#define MAX_VMS 63
#define MIN_ENTRIES 128
#define MAX_ENTRIES 65536

static const char *const workloads[] = { "unmap", "batched", "ats", "replay" };

struct number {
	const char *key;
	gsize offset;
	unsigned int min;
	unsigned int max;
};

#define NUMBER(member, min, max) \
	{ #member, offsetof(struct uiommufd_lab_design, member), min, max }

static const struct number numbers[] = {
	NUMBER(cpus, 1, UIOMMUFD_LAB_MAX_CPUS),
	NUMBER(queues, 1, UIOMMUFD_LAB_MAX_QUEUES),
	NUMBER(vms, 1, MAX_VMS),
	NUMBER(pages, 1, 65536),
	NUMBER(batch, 0, 4096),
	NUMBER(flush_after, 1, 65536),
	NUMBER(entries, MIN_ENTRIES, MAX_ENTRIES),
	NUMBER(lists, 1, 100000000),
	NUMBER(illegal_ppm, 0, 1000000),
	NUMBER(gaps_percent, 0, 10000),
};

static int G_GNUC_PRINTF(2, 3)
bad(char **out_error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (out_error)
		*out_error = g_strdup_vprintf(format, args);
	va_end(args);
	return -1;
}

void uiommufd_lab_design_init(struct uiommufd_lab_design *design)
{
	*design = (struct uiommufd_lab_design){
		.size = sizeof(*design),
		.policy = "per-cpu",
		.workload = "unmap",
		.cpus = 4,
		.queues = 4,
		.vms = 1,
		.pages = 1,
		.flush_after = 256,
		.entries = 4096,
		.lists = 4000,
		.seed = 1,
	};
}

static unsigned int *number_in(struct uiommufd_lab_design *design,
			       const struct number *number)
{
	return G_STRUCT_MEMBER_P(design, number->offset);
}

static bool has_workload(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(workloads); i++)
		if (!g_strcmp0(name, workloads[i]))
			return true;
	return false;
}

static int take_number(unsigned int *out, const struct number *number,
		       const char *value, char **why)
{
	char *end;
	guint64 n = g_ascii_strtoull(value, &end, 10);

	if (end == value || *end || *value == '-')
		return bad(why, "no whole number: %s", value);
	if (n < number->min || n > number->max)
		return bad(why, "%s is not within %u and %u", value,
			   number->min, number->max);
	*out = n;
	return 0;
}

/* A policy may be registered later, or be the caller's own. */
static int take_key(struct uiommufd_lab_design *design, const char *key,
		    const char *value, char **why)
{
	if (!strcmp(key, "policy")) {
		design->policy = g_intern_string(value);
		return 0;
	}
	if (!strcmp(key, "workload")) {
		design->workload = g_intern_string(value);
		return has_workload(value) ? 0 :
					     bad(why, "there is no '%s'", value);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (!strcmp(key, numbers[i].key))
			return take_number(number_in(design, &numbers[i]),
					   &numbers[i], value, why);
	return bad(why, "no such key");
}

static int take_keys(struct uiommufd_lab_design *design, GKeyFile *file,
		     const char *text, const char *path, char **out_error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(file, "design", NULL, NULL);

	for (char **key = keys; keys && *key; key++) {
		g_autofree char *value =
			g_key_file_get_string(file, "design", *key, NULL);
		g_autofree char *why = NULL;

		if (take_key(design, *key, g_strstrip(value), &why))
			return bad(out_error, "%s:%u: [design] %s: %s", path,
				   profile_line(text, "design", *key), *key,
				   why);
	}
	return 0;
}

int uiommufd_lab_design_load(const char *path,
			     struct uiommufd_lab_design *design,
			     char **out_error)
{
	g_autofree char *text = profile_text(path, out_error);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) error = NULL;
	const char *name = path ? path : "built-in profile";

	if (!text)
		return -1;
	if (!g_key_file_load_from_data(file, text, -1,
				       G_KEY_FILE_KEEP_TRANSLATIONS, &error))
		return bad(out_error, "%s: %s", name, error->message);
	if (!g_key_file_has_group(file, "design"))
		return 0;
	return take_keys(design, file, text, name, out_error);
}

static int check_names(const struct uiommufd_lab_design *design,
		       char **out_error)
{
	if (!design->own_policy && !uiommufd_lab_policy_find(design->policy))
		return bad(out_error, "policy: there is no '%s'",
			   design->policy);
	if (!has_workload(design->workload))
		return bad(out_error, "workload: there is no '%s'",
			   design->workload);
	if (!strcmp(design->workload, "replay") && !design->stream)
		return bad(out_error, "workload: replay needs a stream");
	return 0;
}

int uiommufd_lab_design_check(const struct uiommufd_lab_design *design,
			      char **out_error)
{
	const struct uiommufd_lab_policy *policy;
	unsigned int owners;

	if (design->size != sizeof(*design))
		return bad(out_error, "size: %zu, not %zu", design->size,
			   sizeof(*design));
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
		const struct number *n = &numbers[i];
		unsigned int value = *number_in((void *)(uintptr_t)design, n);

		if (value < n->min || value > n->max)
			return bad(out_error,
				   "%s: %u is not within %u and %u", n->key,
				   value, n->min, n->max);
	}
	if (design->entries & (design->entries - 1))
		return bad(out_error, "entries: %u is no power of two",
			   design->entries);
	if (check_names(design, out_error))
		return -1;
	policy = design->own_policy ? design->own_policy :
				      uiommufd_lab_policy_find(design->policy);
	if (!policy->guest)
		return 0;
	if (design->vms > design->cpus)
		return bad(out_error, "vms: %u, but only %u CPUs", design->vms,
			   design->cpus);
	for (owners = 1; owners < design->vms + 1; owners *= 2)
		;
	if (owners * design->queues > UIOMMUFD_LAB_MAX_QUEUES)
		return bad(out_error,
			   "queues: %u for each of %u VINTFs are more than %u",
			   design->queues, owners, UIOMMUFD_LAB_MAX_QUEUES);
	return 0;
}
