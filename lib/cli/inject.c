// SPDX-License-Identifier: MIT
/*
 * uiommufd vcmdq --inject and --inject-random.
 */
#include "inject.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli.h"

/* What software turns on once, before or while there is a guest. */
static gboolean holds_up(const struct uiommufd_fault *fault)
{
	return fault->kind == UIOMMUFD_FAULT_STUCK_ENABLE &&
	       fault->unit != UIOMMUFD_UNIT_QUEUE;
}

/* Whether the machine has what is named by number. */
static gboolean is_there(const struct inject *inject,
			 const struct uiommufd_fault *fault, const char *spec)
{
	gboolean vintf = fault->unit == UIOMMUFD_UNIT_VINTF;
	int count = vintf ? inject->vintfs : inject->queues;

	if (fault->unit > UIOMMUFD_UNIT_VINTF || fault->number < count)
		return TRUE;
	return complain(FALSE, "--inject=%s: there are %d %s", spec, count,
			vintf ? "VINTFs (--vintfs)" : "queues (--vcmdqs)");
}

static gboolean can_strike(const struct uiommufd_fault *fault, const char *spec)
{
	if (!holds_up(fault) || fault->unit == UIOMMUFD_UNIT_VINTF)
		return TRUE;
	return complain(FALSE, "--inject=%s: the SMMU and the CMDQV are on "
			"before there is a guest: only a queue or a VINTF can "
			"be held up", spec);
}

static struct uiommufd_fault *add_fault(struct inject *inject)
{
	inject->handle[inject->count] = -1;	/* not armed */
	return &inject->fault[inject->count++];
}

gboolean inject_parse(struct inject *inject, char **specs, int random,
		      guint64 seed)
{
	struct uiommufd_fault fault;
	const char *why;

	for (; specs && *specs; specs++) {
		if (inject->count == INJECT_MAX) {
			complain(0, "--inject=%s: more than %d faults", *specs,
				 INJECT_MAX);
			return FALSE;
		}
		if (uiommufd_fault_parse(*specs, &fault, &why)) {
			complain(0, "--inject=%s: %s", *specs, why);
			return FALSE;
		}
		if (!is_there(inject, &fault, *specs) ||
		    !can_strike(&fault, *specs))
			return FALSE;
		*add_fault(inject) = fault;
	}
	if (random < 0 || random > (int)(INJECT_MAX - inject->count)) {
		complain(0, "--inject-random=%d: a number from 0 to %u is "
			 "needed", random, INJECT_MAX - inject->count);
		return FALSE;
	}
	while (random--)
		uiommufd_fault_random(&seed, add_fault(inject));
	return TRUE;
}

gboolean inject_arm(struct inject *inject, struct uiommufd_platform *platform,
		    gboolean guest)
{
	for (guint i = 0; i < inject->count; i++) {
		const struct uiommufd_fault *fault = &inject->fault[i];

		if (holds_up(fault) == guest)
			continue;
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
