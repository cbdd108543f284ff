// SPDX-License-Identifier: MIT
/*
 * Progress and interruption.
 */
#include "progress.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_US (G_USEC_PER_SEC / 5)
/* timeout(1) signals the process and then its group: that is one request. */
#define SAME_REQUEST_NS 200000000ll

static volatile sig_atomic_t asked_to_end;
static volatile int64_t asked_ns;
static struct sigaction before;

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void on_interrupt(int number)
{
	const struct sigaction end = { .sa_handler = SIG_DFL };
	int64_t now = now_ns();

	if (!asked_to_end) {
		asked_to_end = 1;
		asked_ns = now;
	} else if (now - asked_ns > SAME_REQUEST_NS) {
		/* Takes effect when this handler returns. */
		sigaction(SIGINT, &end, NULL);
		raise(number);
	}
}

void progress_init(struct progress *progress, gboolean enabled)
{
	struct sigaction action = { .sa_handler = on_interrupt,
				    .sa_flags = SA_RESTART };

	*progress = (struct progress){
		.enabled = enabled && isatty(STDERR_FILENO),
		.next_us = g_get_monotonic_time() + INTERVAL_US,
	};
	asked_to_end = 0;
	sigaction(SIGINT, &action, &before);
}

static void show(struct progress *progress, const char *title, double fraction)
{
	gint64 now;

	if (!progress->enabled)
		return;
	now = g_get_monotonic_time();
	if (now < progress->next_us)
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
	show(progress, title, total ? (double)done / total : 1);
	return TRUE;
}

gboolean progress_interrupted(struct progress *progress)
{
	progress->interrupted |= asked_to_end != 0;
	return progress->interrupted;
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = FALSE;
	/* The echo of a request must not cut what is printed for it. */
	if (!asked_to_end)
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
