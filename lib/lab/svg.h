/* SPDX-License-Identifier: MIT */
/*
 * Plots as inline SVG, for a page that has the colours --c0 to --c11.
 */
#ifndef LAB_SVG_H
#define LAB_SVG_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

#define SVG_COLOURS 12

struct chart {
	const char *id;
	const char *title;
	const char *note;		/* what to look at; plain text */
	const char *x_label;
	const char *y_label;
	bool log_y;
	bool linear_x;			/* not powers of 2 */
	GPtrArray *series;		/* struct series, owned */
};

struct series {
	char *name;
	GArray *x;			/* double */
	GArray *y;
	bool dashed;
	unsigned int colour;
};

struct chart chart_new(const char *id, const char *title, const char *note,
		       const char *x_label, const char *y_label);
/* Adds a point to the series of that name, which is made if need be. */
void chart_add(struct chart *chart, const char *name, unsigned int colour,
	       bool dashed, double x, double y);
/* Nothing is written for a chart without points.  Frees its series. */
void chart_write(struct chart *chart, FILE *out);

struct bar {
	const char *name;
	const double *shares;		/* percent */
};

/* Stacked bars, each 100 % long. */
void bars_write(const char *id, const char *title, const char *note,
		const struct bar *bars, unsigned int bar_count,
		const char *const *parts, unsigned int part_count, FILE *out);

void html_escape(const char *text, FILE *out);

#endif
