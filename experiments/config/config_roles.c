/* experiments/config/config_roles.c - the number formats of a configuration's roles in one line, for
 * people. */
#include "experiments/config/config.h"

#include <string.h>

/* Leave out what reads back anyway: the shortest beginning of a format that stands for all of it. Formats
 * with {bits} keep the words of their user. */
static size_t shortest(const struct role_setting *s, enum role role)
{
    struct role_setting again;
    char text[ROLE_TEXT];

    for (size_t end = strcspn(s->text, ":"); s->text[end] != '\0';
         end += 1 + strcspn(s->text + end + 1, ":")) {
        snprintf(text, sizeof text, "%.*s", (int)end, s->text);
        if (role_parse(&again, role, text) == STATUS_OK && strcmp(again.text, s->text) == 0) return end;
    }
    return strlen(s->text);
}

void config_roles(char out[CONFIG_ROLES], const struct config *c)
{
    int count;
    const struct role_row *row = role_all(&count);
    size_t used = 0;

    out[0] = '\0';
    for (int i = 0; i < count && used < CONFIG_ROLES; i++) {
        const struct role_setting *s = &c->train.recipe.role[i];
        if (s->way == ROLE_RECIPE) continue;
        const char *text = role_print(s);
        const int length = (int)(s->way == ROLE_FORMAT ? shortest(s, (enum role)i) : strlen(text));
        used += (size_t)snprintf(out + used, CONFIG_ROLES - used, "%s%s=%.*s", used > 0 ? " " : "",
                                 row[i].name, length, text);
    }
}
