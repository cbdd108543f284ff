/* SPDX-License-Identifier: MIT */
/*
 * Faults that the command line asks for: given one by one, or drawn from a
 * seed.
 */
#ifndef CLI_INJECT_H
#define CLI_INJECT_H

#include <glib.h>
#include <stdio.h>
#include <uiommufd/vcmdq.h>

#define INJECT_MAX 32

struct inject {
	int vintfs, queues;	/* that the machine has */
	guint count;
	struct uiommufd_fault fault[INJECT_MAX];
	int handle[INJECT_MAX];
};

/*
 * @specs: see uiommufd_fault_parse(), NULL-terminated, or NULL
 * @random: so many more out of @seed
 *
 * Return: FALSE when the command line is wrong; it was told.
 */
gboolean inject_parse(struct inject *inject, char **specs, int random,
		      guint64 seed);
/* @guest: those for a guest that is there, else those for its making. */
gboolean inject_arm(struct inject *inject, struct uiommufd_platform *platform,
		    gboolean guest);
/* One line a fault: what it was and how often it struck. */
void inject_print(const struct inject *inject,
		  struct uiommufd_platform *platform, FILE *out);

#endif
