// SPDX-License-Identifier: MIT
/*
 * Conservation: simulated time is the sum of its parts, and nothing is faster
 * than the profile allows.
 */
#include <glib.h>
#include <inttypes.h>

#include "profile.h"

/* The first law that is broken, in words; NULL as long as all hold. */
static void equal(char **fault, const char *law, uint64_t left, uint64_t right)
{
	if (!*fault && left != right)
		*fault = g_strdup_printf("%s: %" PRIu64 " ps are not %" PRIu64
					 " ps", law, left, right);
}

static void at_most(char **fault, const char *law, double left, double right)
{
	/* Doubles: half a picosecond must not break a law. */
	if (!*fault && left > right * (1 + 1e-9) + 1)
		*fault = g_strdup_printf("%s: %.0f is more than %.0f", law,
					 left, right);
}

static void sums(char **fault, const struct uiommufd_lab_result *r)
{
	uint64_t phases = 0, slowest = 0;

	for (int i = 0; i < UIOMMUFD_LAB_PHASES; i++)
		phases += r->phase_ps[i];
	equal(fault, "phases and invalidations", phases, r->invalidating_ps);
	for (int i = 0; i < UIOMMUFD_LAB_PHASES; i++)
		slowest += r->slowest_phase_ps[i];
	equal(fault, "the slowest lists' phases and time", slowest,
	      r->slowest_ps);
	equal(fault, "phases, other work and CPUs", phases + r->other_ps,
	      r->cpu_ps);
	/* Little's law. */
	equal(fault, "lists in the system and their stay", r->in_system_ps,
	      r->invalidating_ps);
}

/* What jitter leaves of a value when all dice fall low. */
static double fastest(const struct uiommufd_lab_profile *profile,
		      enum lab_value value)
{
	return profile_ps(profile, value) *
	       (1 - profile->value[V_JITTER] / 100);
}

static double fastest_command(const struct uiommufd_lab_profile *profile)
{
	double least = fastest(profile, V_OTHER);

	for (int v = V_PREFETCH_CFG; v < V_OTHER; v++)
		least = MIN(least, fastest(profile, v));
	return least;
}

static void limits(char **fault, const struct uiommufd_lab_profile *profile,
		   const struct uiommufd_lab_design *design,
		   const struct uiommufd_lab_result *r)
{
	double elapsed = r->elapsed_ps;

	at_most(fault, "CPU time and CPUs", r->cpu_ps, design->cpus * elapsed);
	at_most(fault, "busy back end and time", r->device_busy_ps, elapsed);
	at_most(fault, "commands and the back end's limit",
		r->commands * fastest_command(profile), r->device_busy_ps);
	at_most(fault, "CMD_SYNCs and their slots",
		r->syncs * fastest(profile, V_SYNC_ROUND_TRIP),
		elapsed * profile->value[V_SYNC_SLOTS]);
	at_most(fault, "doorbells and register writes", r->doorbells,
		r->mmio_writes);
	at_most(fault, "commands in a queue and its entries", r->occupancy_max,
		design->entries);
}

int uiommufd_lab_result_check(const struct uiommufd_lab_profile *profile,
			      const struct uiommufd_lab_design *design,
			      const struct uiommufd_lab_result *result,
			      char **out_error)
{
	char *fault = NULL;

	/* Lists that were under way are in some sums and not in others. */
	if (!result->partial) {
		sums(&fault, result);
		limits(&fault, profile, design, result);
	}
	if (!fault)
		return 0;
	if (out_error)
		*out_error = g_strdup_printf("not conserved: %s", fault);
	g_free(fault);
	return -1;
}
