// SPDX-License-Identifier: MIT
/*
 * The graph as one page that needs nothing else: a drawing and a table.
 *
 * An object is drawn one row below the deepest of those that it holds, so all
 * lines lead upward.  Hovering over a box or a line shows who took the claim
 * and where.
 */
#include <stdlib.h>
#include <uiommufd/inspect.h>

#include "inspect/forms.h"
#include "inspect/model.h"

#define BOX_WIDTH 164
#define BOX_HEIGHT 46
#define GAP_X 26
#define GAP_Y 64
#define MARGIN 20

struct box {
	unsigned int row;
	unsigned int column;
};

struct drawing {
	const struct model *model;
	struct box *boxes;		/* in the order of the nodes */
	unsigned int rows;
	unsigned int columns;		/* of the widest row */
};

static const char head[] =
	"<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<title>iommufd objects</title>\n<style>\n"
	":root{color-scheme:light dark;--line:#8a94a6;--box:#f4f6fb;"
	"--edge:#3b5bdb;--text:#1c2333}\n"
	"@media(prefers-color-scheme:dark){:root{--line:#6b7385;"
	"--box:#232936;--edge:#8ea6ff;--text:#e6e9f2}}\n"
	"body{font:14px/1.45 system-ui,sans-serif;margin:16px;"
	"color:var(--text)}\n"
	".drawing{overflow-x:auto}\n"
	"rect{fill:var(--box);stroke:var(--line)}\n"
	"path{fill:none;stroke:var(--edge);stroke-width:1.5}\n"
	"path.attachment{stroke-dasharray:5 3}\n"
	"text{fill:var(--text);font-size:12px;text-anchor:middle}\n"
	"text.name{font-weight:600}\n"
	"g:hover rect,path:hover{stroke-width:3}\n"
	"table{border-collapse:collapse;margin-top:16px}\n"
	"td,th{border-bottom:1px solid var(--line);padding:4px 10px;"
	"text-align:left;vertical-align:top}\n"
	"pre{margin:0;white-space:pre-wrap;font-size:12px}\n"
	"</style>\n<h1>iommufd objects</h1>\n";

static void put(FILE *out, const char *text)
{
	char *escaped = g_markup_escape_text(text ? text : "", -1);

	fputs(escaped, out);
	g_free(escaped);
}

/* ---- layout ---- */

static int index_of(const struct model *model, uint32_t id)
{
	const struct model_node *node = model_node(model, id);

	return node ? (int)(node - (const struct model_node *)(const void *)
					   model->nodes->data) : -1;
}

/* Moves holders below what they hold until nothing moves. */
static void assign_rows(struct drawing *drawing)
{
	guint left = drawing->model->nodes->len;
	bool moved = true;

	while (moved && left--) {
		moved = false;
		model_each_claim(drawing->model, claim) {
			int holder = index_of(drawing->model, claim->holder);
			int held = index_of(drawing->model, claim->held);

			if (holder < 0 || held < 0 || holder == held ||
			    drawing->boxes[holder].row >
				    drawing->boxes[held].row)
				continue;
			drawing->boxes[holder].row =
				drawing->boxes[held].row + 1;
			moved = true;
		}
	}
}

static void assign_columns(struct drawing *drawing)
{
	guint count = drawing->model->nodes->len;
	unsigned int *used = g_new0(unsigned int, count + 1);

	for (guint i = 0; i < count; i++) {
		struct box *box = &drawing->boxes[i];

		if (box->row > count)
			box->row = count;
		box->column = used[box->row]++;
		drawing->rows = MAX(drawing->rows, box->row + 1);
		drawing->columns = MAX(drawing->columns, used[box->row]);
	}
	g_free(used);
}

static int box_x(const struct box *box)
{
	return MARGIN + (int)box->column * (BOX_WIDTH + GAP_X);
}

static int box_y(const struct box *box)
{
	return MARGIN + (int)box->row * (BOX_HEIGHT + GAP_Y);
}

/* ---- drawing ---- */

static void put_place(FILE *out, const struct model_place *place)
{
	if (place->site && !place->frames) {
		fputs("\nsince ", out);
		put(out, place->site);
	}
	for (char **frame = place->frames; frame && *frame; frame++) {
		fputs(frame == place->frames ? "\nsince " : "\nby ", out);
		put(out, *frame);
	}
}

static void put_line(FILE *out, const struct drawing *drawing,
		     const struct model_claim *claim)
{
	int holder = index_of(drawing->model, claim->holder);
	int held = index_of(drawing->model, claim->held);
	const struct box *from, *to;
	int x1, y1, x2, y2;
	char *who;

	if (holder < 0 || held < 0 || holder == held)
		return;
	from = &drawing->boxes[holder];
	to = &drawing->boxes[held];
	x1 = box_x(from) + BOX_WIDTH / 2;
	y1 = box_y(from);
	x2 = box_x(to) + BOX_WIDTH / 2;
	y2 = box_y(to) + BOX_HEIGHT;
	fprintf(out, "<path class=\"%s\" d=\"M%d %dC%d %d %d %d %d %d\">"
		"<title>", model_claim_names[claim->kind], x1, y1, x1, y1 - 30,
		x2, y2 + 30, x2, y2);
	who = model_holder_text(drawing->model, claim);
	put(out, who);
	fprintf(out, " holds %u%s", claim->held,
		claim->inside ? " and makes its end wait" : "");
	g_free(who);
	put_place(out, &claim->place);
	fputs("</title></path>\n", out);
}

static void put_box(FILE *out, const struct model_node *node,
		    const struct box *box)
{
	int x = box_x(box), y = box_y(box), middle = x + BOX_WIDTH / 2;

	fprintf(out, "<g><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
		"rx=\"7\"/><text class=\"name\" x=\"%d\" y=\"%d\">%s %u</text>"
		"<text x=\"%d\" y=\"%d\">users %u wait %u</text><title>",
		x, y, BOX_WIDTH, BOX_HEIGHT, middle, y + 20, node->type_name,
		node->id, middle, y + 37, node->users, node->wait_cnt);
	put(out, node->leaving ? "is being destroyed" : node->about);
	put_place(out, &node->place);
	fputs("</title></g>\n", out);
}

static void put_drawing(FILE *out, const struct drawing *drawing)
{
	int width = 2 * MARGIN + (int)drawing->columns * (BOX_WIDTH + GAP_X);
	int height = 2 * MARGIN + (int)drawing->rows * (BOX_HEIGHT + GAP_Y);
	guint i = 0;

	fprintf(out, "<div class=\"drawing\"><svg width=\"%d\" height=\"%d\" "
		"role=\"img\" aria-label=\"object graph\">\n", width, height);
	model_each_claim(drawing->model, claim)
		put_line(out, drawing, claim);
	model_each_node(drawing->model, node)
		put_box(out, node, &drawing->boxes[i++]);
	fputs("</svg></div>\n", out);
}

/* ---- table ---- */

static void put_holders(FILE *out, const struct model *model, uint32_t id)
{
	model_each_claim(model, claim) {
		char *who;

		if (claim->held != id)
			continue;
		who = model_holder_text(model, claim);
		put(out, who);
		fputs("<br>", out);
		g_free(who);
	}
}

static void put_table(FILE *out, const struct model *model)
{
	fputs("<table>\n<tr><th>object<th>users<th>wait<th>needed by<th>"
	      "what it is\n", out);
	model_each_node(model, node) {
		fprintf(out, "<tr><td>%s&nbsp;%u<td>%u<td>%u<td>",
			node->type_name, node->id, node->users,
			node->wait_cnt);
		put_holders(out, model, node->id);
		fputs("<td>", out);
		put(out, node->about);
		if (node->more && *node->more) {
			fputs("<pre>", out);
			put(out, node->more);
			fputs("</pre>", out);
		}
		fputc('\n', out);
	}
	fputs("</table>\n</html>\n", out);
}

void model_print_html(FILE *out, const struct model *model)
{
	struct drawing drawing = {
		.model = model,
		.boxes = g_new0(struct box, model->nodes->len + 1),
	};

	assign_rows(&drawing);
	assign_columns(&drawing);
	fputs(head, out);
	put_drawing(out, &drawing);
	put_table(out, model);
	g_free(drawing.boxes);
}

char *uiommufd_graph_html(int fd)
{
	return model_print(fd, model_print_html);
}
