// SPDX-License-Identifier: MIT
/*
 * Laws of lib/inspect/forms.c and html.c: what is written can be read by the
 * programs it is for, and says what the text says.
 */
#include "inspect_rig.h"

#include <glib.h>
#include <json-glib/json-glib.h>

static int lines_that_start_an_object(const char *graph)
{
	int count = 0;

	for (const char *line = graph; line && *line;
	     line = strchr(line, '\n') + 1)
		count += *line != ' ';
	return count;
}

/* Every object and every claim is there, with the counts of the text. */
static void json_is_the_graph(void **state)
{
	struct client *client = *state;
	struct guest guest = make_guest(client->fd);
	g_autoptr(JsonParser) parser = json_parser_new();
	char *json, *graph = uiommufd_graph(client->fd);
	gint64 claimed = 0, counted = 0;
	JsonArray *objects, *claims;
	JsonObject *root;

	make_vdevice(client->fd, &guest, 7);
	free(graph);
	graph = uiommufd_graph(client->fd);
	json = uiommufd_graph_json(client->fd);
	assert_non_null(json);
	assert_true(json_parser_load_from_data(parser, json, -1, NULL));
	root = json_node_get_object(json_parser_get_root(parser));
	objects = json_object_get_array_member(root, "objects");
	claims = json_object_get_array_member(root, "claims");
	assert_int_equal(json_array_get_length(objects),
			 lines_that_start_an_object(graph));
	for (guint i = 0; i < json_array_get_length(objects); i++)
		counted += json_object_get_int_member(
			json_array_get_object_element(objects, i), "users") - 1;
	claimed = json_array_get_length(claims);
	assert_int_equal(counted, claimed);
	free(json);
	free(graph);
}

/* A node for each object; all braces and quotes are closed. */
static void dot_names_every_object(void **state)
{
	struct client *client = *state;
	struct guest guest = make_guest(client->fd);
	char *dot = uiommufd_graph_dot(client->fd), name[32];
	unsigned int quotes = 0;

	assert_non_null(dot);
	for (uint32_t id = 1; id <= guest.viommu; id++) {
		snprintf(name, sizeof(name), "  n%u [", id);
		assert_non_null(strstr(dot, name));
	}
	snprintf(name, sizeof(name), "n%u -> n%u", guest.viommu, guest.parent);
	assert_non_null(strstr(dot, name));
	for (const char *c = dot; *c; c++)
		quotes += *c == '"' && c[-1] != '\\';
	assert_int_equal(quotes % 2, 0);
	assert_string_equal(dot + strlen(dot) - 2, "}\n");
	free(dot);
}

/* The drawing is well-formed and has a box for each object. */
static void html_draws_every_object(void **state)
{
	struct client *client = *state;
	struct guest guest = make_guest(client->fd);
	GMarkupParser nothing = { 0 };
	GMarkupParseContext *context;
	char *html = uiommufd_graph_html(client->fd), *from, *to;
	unsigned int boxes = 0;

	assert_non_null(html);
	from = strstr(html, "<svg");
	to = strstr(html, "</svg>");
	assert_true(from && to);
	context = g_markup_parse_context_new(&nothing, 0, NULL, NULL);
	assert_true(g_markup_parse_context_parse(context, from,
						 to + 6 - from, NULL));
	assert_true(g_markup_parse_context_end_parse(context, NULL));
	g_markup_parse_context_free(context);
	for (char *c = from; (c = strstr(c, "<rect")); c++)
		boxes++;
	assert_int_equal(boxes, guest.viommu);
	free(html);
}

static void only_contexts(void **state)
{
	char *(*const forms[])(int) = {
		uiommufd_graph, uiommufd_graph_dot, uiommufd_graph_json,
		uiommufd_graph_html,
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		errno = 0;
		assert_null(forms[i](0));
		assert_int_equal(errno, EBADF);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLIENT_TEST(json_is_the_graph),
		CLIENT_TEST(dot_names_every_object),
		CLIENT_TEST(html_draws_every_object),
		CLIENT_TEST(only_contexts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
