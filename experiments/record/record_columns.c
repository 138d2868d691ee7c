/* experiments/record/record_columns.c - tables of the columns that record_columns.h lists. */
#include "experiments/record/record_columns.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>

/* --- /train ------------------------------------------------------------------------------------------- */

const struct store_column record_train_columns[RECORD_COLUMNS] = {
#define X(NAME, field, ctype, name, value, units, title, description, traits)                                \
    [RECORD_##NAME] = {name,  STORE_TYPE_OF(ctype), 0,     offsetof(struct train_line, field), units,        \
                       title, description,          traits},
    RECORD_TRAIN_LIST(X) RECORD_COST_LIST(X)
#undef X
};

int record_train_count(bool priced)
{
    enum { FIRST_COST = RECORD_ENERGY_J };
    return priced ? RECORD_COLUMNS : FIRST_COST;
}

struct train_line record_train_line(const struct run_row *row, const struct record_sums *sum)
{
    return (struct train_line){
#define X(NAME, field, ctype, name, value, units, title, description, traits) .field = (ctype)(value),
        RECORD_TRAIN_LIST(X) RECORD_COST_LIST(X)
#undef X
    };
}

/* --- /eval/POLICY ------------------------------------------------------------------------------------- */

#define AT(field) offsetof(struct eval_line, field)
const struct store_column record_eval_columns[RECORD_EVAL_COLUMNS] = {
    {"iter", STORE_I64, 0, AT(iteration), "1", "iterations done", NULL, 0},
    {"epoch", STORE_F32, 0, AT(epoch), "1", "epochs done", NULL, 0},
    {"bits", STORE_U8, 0, AT(bits), "bit", "evaluation bits", "of weights and activations; 0: float32", 0},
    {"train_loss", STORE_F64, 0, AT(loss[SPLIT_TRAIN]), "1", "training loss", NULL, 0},
    {"train_acc", STORE_F64, 0, AT(accuracy[SPLIT_TRAIN]), "1", "training accuracy", "fraction", 0},
    {"train_n", STORE_I64, 0, AT(count[SPLIT_TRAIN]), "1", "training images evaluated", NULL, 0},
    {"val_loss", STORE_F64, 0, AT(loss[SPLIT_VALIDATION]), "1", "validation loss", NULL, 0},
    {"val_acc", STORE_F64, 0, AT(accuracy[SPLIT_VALIDATION]), "1", "validation accuracy", "fraction", 0},
    {"val_n", STORE_I64, 0, AT(count[SPLIT_VALIDATION]), "1", "validation images evaluated", NULL, 0},
    {"test_loss", STORE_F64, 0, AT(loss[SPLIT_TEST]), "1", "test loss", NULL, 0},
    {"test_acc", STORE_F64, 0, AT(accuracy[SPLIT_TEST]), "1", "test accuracy", "fraction", 0},
    {"test_n", STORE_I64, 0, AT(count[SPLIT_TEST]), "1", "test images evaluated", NULL, 0},
};

int record_eval_score(enum split split, enum record_score score)
{
    return RECORD_EVAL_SCORES + (int)split * RECORD_SCORES + (int)score;
}

const char *record_split_name(enum split split)
{
    static const char *const names[RECORD_SPLITS] = {
        [SPLIT_TRAIN] = "train", [SPLIT_VALIDATION] = "val", [SPLIT_TEST] = "test"};
    return names[split];
}

/* --- paths -------------------------------------------------------------------------------------------- */

void record_train_path(char path[STORE_NAME_MAX], enum record_column column)
{
    assert(column < RECORD_COLUMNS);
    snprintf(path, STORE_NAME_MAX, RECORD_TRAIN "/%s", record_train_columns[column].name);
}

void record_eval_path(char path[STORE_NAME_MAX], const char *policy, int column)
{
    assert(column >= 0 && column < RECORD_EVAL_COLUMNS);
    snprintf(path, STORE_NAME_MAX, RECORD_EVAL "/%.128s/%s", policy, record_eval_columns[column].name);
}
