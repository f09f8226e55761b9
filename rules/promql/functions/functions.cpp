#include "rules/promql/functions/functions.h"

#include "rules/promql/functions/absence.h"
#include "rules/promql/functions/calendar.h"
#include "rules/promql/functions/histograms.h"
#include "rules/promql/functions/labels.h"
#include "rules/promql/functions/mathematics.h"
#include "rules/promql/functions/over_time.h"
#include "rules/promql/functions/rates.h"
#include "rules/promql/functions/scalars.h"
#include "rules/promql/functions/sorting.h"
#include "rules/promql/functions/trends.h"

namespace outrider::rules::promql {

Implementation implementation_of(FunctionId id) noexcept {
    switch (id) {
#define OUTRIDER_FUNCTION(name, result, arguments, implementation) \
    case FunctionId::name:                                         \
        return &(implementation);
#include "rules/promql/functions.def"
#undef OUTRIDER_FUNCTION
    }
    return {};
}

bool keeps_name(FunctionId id) noexcept {
    return id == FunctionId::first_over_time || id == FunctionId::last_over_time;
}

}  // namespace outrider::rules::promql
