#include "driver/commands.h"
int plot_command(int count, char **values)
{
    (void)count;
    (void)values;
    return 0;
}
