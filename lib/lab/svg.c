// SPDX-License-Identifier: MIT
/*
 * Drawing plots.
 *
 * x is logarithmic to base 2 by default: numbers of CPUs, queues and commands are powers.
 * Numbers in attributes must not depend on the locale: no decimals there but
 * through %d of rounded values, tenths through put().
 */
#include "svg.h"

#include <math.h>
#include <string.h>

#define WIDTH 400
#define HEIGHT 250
#define LEFT 54
#define RIGHT 14
#define TOP 12
#define BOTTOM 40
#define MAX_TICKS 12

void html_escape(const char *text, FILE *out)
{
	g_autofree char *safe = g_markup_escape_text(text ? text : "", -1);

	fputs(safe, out);
}

static void series_free(gpointer data)
{
	struct series *series = data;

	g_free(series->name);
	g_array_unref(series->x);
	g_array_unref(series->y);
	g_free(series);
}

struct chart chart_new(const char *id, const char *title, const char *note,
		       const char *x_label, const char *y_label)
{
	return (struct chart){
		.id = id, .title = title, .note = note,
		.x_label = x_label, .y_label = y_label,
		.series = g_ptr_array_new_with_free_func(series_free),
	};
}

static struct series *find_series(struct chart *chart, const char *name,
				  unsigned int colour, bool dashed)
{
	struct series *series;

	for (guint i = 0; i < chart->series->len; i++) {
		series = g_ptr_array_index(chart->series, i);
		if (!strcmp(series->name, name))
			return series;
	}
	series = g_new0(struct series, 1);
	series->name = g_strdup(name);
	series->x = g_array_new(FALSE, FALSE, sizeof(double));
	series->y = g_array_new(FALSE, FALSE, sizeof(double));
	series->colour = colour % SVG_COLOURS;
	series->dashed = dashed;
	g_ptr_array_add(chart->series, series);
	return series;
}

void chart_add(struct chart *chart, const char *name, unsigned int colour,
	       bool dashed, double x, double y)
{
	struct series *series = find_series(chart, name, colour, dashed);

	g_array_append_val(series->x, x);
	g_array_append_val(series->y, y);
}

/* --- scales -----------------------------------------------------------------*/

struct scale {
	double x_min, x_max;
	double y_min, y_max;
	double y_step;
	bool log_y;
	bool linear_x;
};

static double value_at(const GArray *values, guint i)
{
	return g_array_index(values, double, i);
}

static double nice_step(double span)
{
	double power = pow(10, floor(log10(span)));
	double part = span / power;

	return power * (part <= 1 ? 0.25 : part <= 2 ? 0.5 : part <= 5 ? 1 : 2);
}

static void find_range(const struct chart *chart, struct scale *s)
{
	*s = (struct scale){ INFINITY, -INFINITY, INFINITY, -INFINITY };
	for (guint i = 0; i < chart->series->len; i++) {
		const struct series *series =
			g_ptr_array_index(chart->series, i);

		for (guint k = 0; k < series->x->len; k++) {
			double x = value_at(series->x, k);
			double y = value_at(series->y, k);

			s->x_min = MIN(s->x_min, x);
			s->x_max = MAX(s->x_max, x);
			s->y_min = MIN(s->y_min, y);
			s->y_max = MAX(s->y_max, y);
		}
	}
}

static void find_scale(const struct chart *chart, struct scale *s)
{
	find_range(chart, s);
	s->linear_x = chart->linear_x;
	s->log_y = chart->log_y && s->y_min > 0;
	if (s->log_y) {
		s->y_min = pow(10, floor(log10(s->y_min) + 1e-9));
		s->y_max = pow(10, ceil(log10(s->y_max) - 1e-9));
		if (s->y_max <= s->y_min)
			s->y_max = 10 * s->y_min;
		return;
	}
	s->y_min = MIN(s->y_min, 0);
	if (s->y_max <= s->y_min)
		s->y_max = s->y_min + 1;
	s->y_step = nice_step(s->y_max - s->y_min);
	s->y_max = ceil(s->y_max / s->y_step) * s->y_step;
	s->y_min = floor(s->y_min / s->y_step) * s->y_step;
}

/* In tenths of a unit. */
static int x_at(const struct scale *s, double x)
{
	double span = s->linear_x ? s->x_max - s->x_min :
				    log2(s->x_max / s->x_min);
	double from = s->linear_x ? x - s->x_min : log2(x / s->x_min);
	double part = span > 0 ? from / span : 0.5;

	return lround(10 * (LEFT + part * (WIDTH - LEFT - RIGHT)));
}

static int y_at(const struct scale *s, double y)
{
	double part = s->log_y ? log10(y / s->y_min) /
					 log10(s->y_max / s->y_min) :
				 (y - s->y_min) / (s->y_max - s->y_min);

	return lround(10 * (HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)));
}

static void put(FILE *out, const char *before, int tenths, const char *after)
{
	fprintf(out, "%s%s%d.%d%s", before, tenths < 0 ? "-" : "",
		ABS(tenths) / 10, ABS(tenths) % 10, after);
}

static void label(FILE *out, double value)
{
	char buffer[G_ASCII_DTOSTR_BUF_SIZE];
	const char *suffix = "";

	if (fabs(value) >= 1e6) {
		value /= 1e6;
		suffix = "M";
	} else if (fabs(value) >= 1e4) {
		value /= 1e3;
		suffix = "k";
	}
	g_ascii_formatd(buffer, sizeof(buffer), "%.4g", value);
	fprintf(out, "%s%s", buffer, suffix);
}

/* --- axes ---------------------------------------------------------------------*/

static void y_tick(const struct scale *s, double y, FILE *out)
{
	put(out, "<path class=\"grid\" d=\"M", LEFT * 10, " ");
	put(out, "", y_at(s, y), "H");
	put(out, "", (WIDTH - RIGHT) * 10, "\"/>");
	put(out, "<text class=\"tick\" text-anchor=\"end\" x=\"",
	    (LEFT - 6) * 10, "\"");
	put(out, " y=\"", y_at(s, y) + 42, "\">");
	label(out, y);
	fputs("</text>\n", out);
}

static void y_axis(const struct scale *s, FILE *out)
{
	if (s->log_y) {
		for (double y = s->y_min; y <= s->y_max * 1.001; y *= 10)
			y_tick(s, y, out);
		return;
	}
	for (int i = 0; i <= MAX_TICKS; i++) {
		double y = s->y_min + i * s->y_step;

		if (y > s->y_max + s->y_step / 2)
			break;
		y_tick(s, y, out);
	}
}

static gint by_value(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static GArray *all_x(const struct chart *chart)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(double));

	for (guint i = 0; i < chart->series->len; i++) {
		const struct series *series =
			g_ptr_array_index(chart->series, i);

		g_array_append_vals(all, series->x->data, series->x->len);
	}
	g_array_sort(all, by_value);
	return all;
}

static void x_axis(const struct chart *chart, const struct scale *s, FILE *out)
{
	g_autoptr(GArray) all = all_x(chart);
	int last = -1000;

	for (guint i = 0; i < all->len; i++) {
		int at = x_at(s, value_at(all, i));

		/* Room for a number of three digits. */
		if (at - last < 240)
			continue;
		last = at;
		put(out, "<text class=\"tick\" text-anchor=\"middle\" x=\"", at,
		    "\"");
		put(out, " y=\"", (HEIGHT - BOTTOM + 16) * 10, "\">");
		label(out, value_at(all, i));
		fputs("</text>\n", out);
	}
	put(out, "<text class=\"axis\" text-anchor=\"middle\" x=\"",
	    (LEFT + WIDTH - RIGHT) * 5, "\"");
	put(out, " y=\"", (HEIGHT - 6) * 10, "\">");
	html_escape(chart->x_label, out);
	fputs("</text>\n", out);
}

/* --- lines --------------------------------------------------------------------*/

static void line(const struct series *series, const struct scale *s, FILE *out)
{
	fprintf(out, "<path class=\"line%s\" style=\"stroke:var(--c%u)\" d=\"",
		series->dashed ? " dashed" : "", series->colour);
	for (guint i = 0; i < series->x->len; i++) {
		put(out, i ? "L" : "M", x_at(s, value_at(series->x, i)), " ");
		put(out, "", y_at(s, value_at(series->y, i)), "");
	}
	fputs("\"/>\n", out);
	for (guint i = 0; i < series->x->len; i++) {
		fprintf(out, "<circle r=\"3\" style=\"fill:var(--c%u)\"",
			series->colour);
		put(out, " cx=\"", x_at(s, value_at(series->x, i)), "\"");
		put(out, " cy=\"", y_at(s, value_at(series->y, i)),
		    "\"><title>");
		html_escape(series->name, out);
		fputs(", ", out);
		label(out, value_at(series->x, i));
		fputs(": ", out);
		label(out, value_at(series->y, i));
		fputs("</title></circle>\n", out);
	}
}

static void legend(const char *name, unsigned int colour, bool dashed,
		   FILE *out)
{
	fprintf(out, "<li><i%s style=\"--k:var(--c%u)\"></i>",
		dashed ? " class=\"dashed\"" : "", colour);
	html_escape(name, out);
	fputs("</li>", out);
}

static void figure_begin(const char *id, const char *title, const char *note,
			 FILE *out)
{
	fprintf(out, "<figure id=\"%s\"><figcaption><b>", id);
	html_escape(title, out);
	fputs("</b> ", out);
	html_escape(note, out);
	fputs("</figcaption>\n", out);
}

static void svg_begin(const char *title, int width, int height, FILE *out)
{
	fprintf(out, "<svg role=\"img\" viewBox=\"0 0 %d %d\"><title>", width,
		height);
	html_escape(title, out);
	fputs("</title>\n", out);
}

void chart_write(struct chart *chart, FILE *out)
{
	struct scale scale;

	if (chart->series->len) {
		find_scale(chart, &scale);
		figure_begin(chart->id, chart->title, chart->note, out);
		fputs("<p class=\"unit\">", out);
		html_escape(chart->y_label, out);
		fputs("</p>\n", out);
		svg_begin(chart->title, WIDTH, HEIGHT, out);
		y_axis(&scale, out);
		x_axis(chart, &scale, out);
		for (guint i = 0; i < chart->series->len; i++)
			line(g_ptr_array_index(chart->series, i), &scale, out);
		fputs("</svg>\n<ul class=\"legend\">", out);
		for (guint i = 0; i < chart->series->len; i++) {
			struct series *s = g_ptr_array_index(chart->series, i);

			legend(s->name, s->colour, s->dashed, out);
		}
		fputs("</ul></figure>\n", out);
	}
	g_ptr_array_unref(chart->series);
}

/* --- bars ---------------------------------------------------------------------*/

#define BAR_PITCH 44
#define BAR_HEIGHT 20
#define BAR_TOP 18

static void one_bar(const struct bar *bar, unsigned int row,
		    const char *const *parts, unsigned int part_count,
		    FILE *out)
{
	int y = row * BAR_PITCH * 10;
	double at = 0;

	put(out, "<text class=\"axis\" x=\"0\" y=\"", y + 130, "\">");
	html_escape(bar->name, out);
	fputs("</text>\n", out);
	for (unsigned int p = 0; p < part_count; p++) {
		int start = lround(at * WIDTH / 10);
		int end = lround((at + bar->shares[p]) * WIDTH / 10);

		at += bar->shares[p];
		if (end == start)
			continue;
		fprintf(out, "<rect height=\"%d\" style=\"fill:var(--c%u)\"",
			BAR_HEIGHT, p % SVG_COLOURS);
		put(out, " x=\"", start, "\"");
		put(out, " width=\"", end - start, "\"");
		put(out, " y=\"", y + BAR_TOP * 10, "\"><title>");
		html_escape(parts[p], out);
		fputs(" ", out);
		label(out, bar->shares[p]);
		fputs(" %</title></rect>\n", out);
		if (bar->shares[p] < 9)
			continue;
		put(out, "<text class=\"inbar\" text-anchor=\"middle\" x=\"",
		    (start + end) / 2, "\"");
		put(out, " y=\"", y + (BAR_TOP + 14) * 10, "\">");
		fprintf(out, "%.0f %%</text>\n", bar->shares[p]);
	}
}

void bars_write(const char *id, const char *title, const char *note,
		const struct bar *bars, unsigned int bar_count,
		const char *const *parts, unsigned int part_count, FILE *out)
{
	if (!bar_count)
		return;
	figure_begin(id, title, note, out);
	svg_begin(title, WIDTH, bar_count * BAR_PITCH, out);
	for (unsigned int i = 0; i < bar_count; i++)
		one_bar(&bars[i], i, parts, part_count, out);
	fputs("</svg>\n<ul class=\"legend\">", out);
	for (unsigned int p = 0; p < part_count; p++) {
		bool used = false;

		for (unsigned int i = 0; i < bar_count; i++)
			used |= bars[i].shares[p] >= 0.05;
		if (used)
			legend(parts[p], p % SVG_COLOURS, false, out);
	}
	fputs("</ul></figure>\n", out);
}
