// SPDX-License-Identifier: MIT
/*
 * uiommufd vcmdq --inject and --inject-random.
 */
#include "inject.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"

gboolean inject_parse(struct inject *inject, char **specs, int random,
		      guint64 seed)
{
	const char *why;

	for (; specs && *specs; specs++) {
		if (inject->count == INJECT_MAX) {
			complain(0, "--inject=%s: more than %d faults", *specs,
				 INJECT_MAX);
			return FALSE;
		}
		if (uiommufd_fault_parse(*specs, &inject->fault[inject->count],
					 &why)) {
			complain(0, "--inject=%s: %s", *specs, why);
			return FALSE;
		}
		inject->count++;
	}
	if (random < 0 || random > (int)(INJECT_MAX - inject->count)) {
		complain(0, "--inject-random=%d: a number from 0 to %u is "
			 "needed", random, INJECT_MAX - inject->count);
		return FALSE;
	}
	while (random--)
		uiommufd_fault_random(&seed, &inject->fault[inject->count++]);
	return TRUE;
}

gboolean inject_arm(struct inject *inject, struct uiommufd_platform *platform)
{
	for (guint i = 0; i < inject->count; i++) {
		const struct uiommufd_fault *fault = &inject->fault[i];

		inject->handle[i] = uiommufd_fault_inject(platform, fault);
		if (inject->handle[i] < 0) {
			complain(0, "--inject: %s: %s",
				 uiommufd_fault_name(fault->kind),
				 strerror(errno));
			return FALSE;
		}
	}
	return TRUE;
}

static void print_target(const struct uiommufd_fault *fault, FILE *out)
{
	static const char *const units[] = { "queue", "vintf", "cmdqv",
					     "smmu" };

	fprintf(out, " %s", units[fault->unit]);
	if (fault->unit > UIOMMUFD_UNIT_VINTF)
		return;
	if (fault->number == UIOMMUFD_QUEUE_MAIN)
		fputs(" main", out);
	else if (fault->number >= 0)
		fprintf(out, " %d", fault->number);
	if (fault->match_opcode)
		fprintf(out, " opcode 0x%02x", fault->opcode);
}

void inject_print(const struct inject *inject,
		  struct uiommufd_platform *platform, FILE *out)
{
	for (guint i = 0; i < inject->count; i++) {
		const struct uiommufd_fault *fault = &inject->fault[i];

		fprintf(out, "fault    %s,", uiommufd_fault_name(fault->kind));
		print_target(fault, out);
		fprintf(out, ", skip %" PRIu64 ", times %" PRIu64
			     ": struck %" PRIu64 "\n",
			fault->skip, fault->times,
			uiommufd_fault_hits(platform, inject->handle[i]));
	}
}
