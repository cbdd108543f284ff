// SPDX-License-Identifier: MIT
/*
 * Two policies by their names, predicted over seeds and measured here.
 *
 *	example_lab_policy [A [B]]		shared-lock and last-rings
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <uiommufd/lab.h>

static struct uiommufd_lab_design design_of(const char *policy)
{
	struct uiommufd_lab_design design;

	uiommufd_lab_design_init(&design);
	design.policy = policy;
	design.cpus = 32;
	design.batch = 32;
	design.lists = 1000;
	return design;
}

static void fail(const char *error)
{
	fprintf(stderr, "%s\n", error);
	exit(1);
}

static void compare(struct uiommufd_lab_report *report,
		    const struct uiommufd_lab_profile *profile,
		    const struct uiommufd_lab_design *a,
		    const struct uiommufd_lab_design *b)
{
	struct uiommufd_lab_side sides[2] = { { a->policy, profile, a },
					      { b->policy, profile, b } };
	char *error = NULL;

	if (uiommufd_lab_report_compare(report, &sides[0], &sides[1], 5, NULL,
					&error) < 0)
		fail(error);
}

/* The same code by real threads: everything is executed. */
static void measure(struct uiommufd_lab_report *report,
		    const struct uiommufd_lab_design *design)
{
	char *error = NULL;

	if (uiommufd_lab_report_measure(report, design, NULL, &error) < 0)
		fail(error);
}

int main(int argc, char **argv)
{
	struct uiommufd_lab_report *report =
		uiommufd_lab_report_new("Who rings");
	struct uiommufd_lab_profile *profile =
		uiommufd_lab_profile_load(NULL, NULL);
	struct uiommufd_lab_design a =
		design_of(argc > 1 ? argv[1] : "shared-lock");
	struct uiommufd_lab_design b =
		design_of(argc > 2 ? argv[2] : "last-rings");

	assert(profile && uiommufd_lab_policy_find("last-rings"));
	compare(report, profile, &a, &b);
	a.cpus = b.cpus = 2;
	measure(report, &a);
	measure(report, &b);
	uiommufd_lab_report_write(report, UIOMMUFD_LAB_TEXT, stdout);
	uiommufd_lab_report_free(report);
	uiommufd_lab_profile_free(profile);
	return 0;
}
