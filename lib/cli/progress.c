// SPDX-License-Identifier: MIT
/*
 * Progress and interruption.
 */
#include "progress.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL_US (G_USEC_PER_SEC / 5)
#define CHECK_MASK 0x3ff

static volatile sig_atomic_t asked_to_end;
static struct sigaction before;

static void on_interrupt(int signal)
{
	asked_to_end = 1;
}

void progress_init(struct progress *progress, gboolean enabled)
{
	struct sigaction action = { .sa_handler = on_interrupt,
				    .sa_flags = SA_RESETHAND | SA_RESTART };

	*progress = (struct progress){
		.enabled = enabled && isatty(STDERR_FILENO),
		.next_us = g_get_monotonic_time() + INTERVAL_US,
	};
	asked_to_end = 0;
	sigaction(SIGINT, &action, &before);
}

static void show(struct progress *progress, const char *title, double fraction)
{
	gint64 now = g_get_monotonic_time();

	if (!progress->enabled || now < progress->next_us)
		return;
	progress->next_us = now + INTERVAL_US;
	progress->shown = TRUE;
	fprintf(stderr, "\r\033[K%s: %.0f %%", title, 100 * fraction);
}

gboolean progress_show(struct progress *progress, const char *title,
		       size_t done, size_t total)
{
	if (asked_to_end) {
		progress->interrupted = TRUE;
		return FALSE;
	}
	if (!(done & CHECK_MASK))
		show(progress, title, total ? (double)done / total : 1);
	return TRUE;
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = FALSE;
	sigaction(SIGINT, &before, NULL);
}

static bool watch(void *arg, const char *what, double fraction)
{
	struct progress *progress = arg;

	show(progress, what, fraction);
	progress->interrupted |= asked_to_end != 0;
	return !asked_to_end;
}

struct uiommufd_lab_watch progress_watch(struct progress *progress)
{
	return (struct uiommufd_lab_watch){ progress, watch };
}
