#include "rules/promql/functions/functions.h"

#include <array>
#include <cstddef>

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
    static constexpr std::array kImplementations{
#define OUTRIDER_FUNCTION(name, result, arguments, implementation) Implementation{&(implementation)},
#include "rules/promql/functions.def"
#undef OUTRIDER_FUNCTION
    };
    return kImplementations[static_cast<std::size_t>(id)];  // an id is the number of its line
}

bool keeps_name(FunctionId id) noexcept {
    return id == FunctionId::first_over_time || id == FunctionId::last_over_time;
}

}  // namespace outrider::rules::promql
