#include "probes/net/curl_global.h"

#include <curl/curl.h>

namespace outrider::probes {

void curl_global() {
    static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)once;
}

}  // namespace outrider::probes
