// Prints every record as a line of JSON, and how many it missed, until it is killed: follower FILE
#include "torn.hpp"

int main(int, char **argv)
try {
    mapcast::Follower<Torn> follower(argv[1]);
    for (const auto &event : follower) {
        if (event.kind() == MAPCAST_EVENT_MISSED)
            std::cout << "{\"missed\":" << event.missed() << "}" << std::endl;
        if (const Torn *torn = event.record()) {
            std::cout << "{\"sequence\":" << event.sequence() << ",\"record\":{\"words\":[" << torn->words[0];
            for (std::size_t i = 1; i < torn->words.size(); i++)
                std::cout << ',' << torn->words[i];
            std::cout << "]}}" << std::endl;
        }
    }
} catch (const mapcast::Error &error) {
    std::cerr << "follower: " << error.what() << '\n';
    return 1;
}
