#!/usr/bin/perl
# A service in Perl, with its core modules: one loop that answers /health, renews its place in Eureka, and plays its script.
use strict;
use warnings;
use HTTP::Tiny;
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Time::HiRes qw(time);

my ($port, $instance, $monitor, $eureka) = @ENV{qw(PORT INSTANCE MONITOR_URL EUREKA_URL)};
my $parent = getppid();
my $http = HTTP::Tiny->new(timeout => 60);
my ($is_up, $is_known, $renew_at) = (1, 0, 0);
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 16, ReuseAddr => 1) or die "port $port: $!\n";
my $waiting = IO::Select->new($server);
$| = 1;

sub send_json {
    my ($method, $url, $body) = @_;
    my %options = (headers => {'Content-Type' => 'application/json'});
    $options{content} = encode_json($body) if $body;
    return $http->request($method, $url, \%options)->{success};
}

sub renew {
    return if !$eureka || time < $renew_at;
    $is_known = $is_known ? send_json('PUT', "$eureka/apps/EDGE/$instance") : send_json('POST', "$eureka/apps/EDGE", {instance => {
        instanceId => $instance, app => 'EDGE', vipAddress => 'edge', hostName => '127.0.0.1', ipAddr => '127.0.0.1', status => 'UP',
        port => {'$' => $port + 0, '@enabled' => 'true'}, healthCheckUrl => "http://127.0.0.1:$port/health",
        dataCenterInfo => {'@class' => 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name => 'MyOwn'},
        leaseInfo => {renewalIntervalInSecs => 5, durationInSecs => 15}, metadata => {pid => "$$"},
    }});
    $renew_at = time + ($is_known ? 5 : 0.5);
}

sub answer {
    my ($seconds) = @_;
    for (my $until = time + $seconds; ;) {
        exit 1 if getppid() != $parent;
        renew();
        my $left = $until - time;
        return if $left <= 0;
        next if !$waiting->can_read($left < 0.5 ? $left : 0.5);
        my $client = $server->accept or next;
        my $request = <$client> // '';
        while (defined(my $line = <$client>)) { last if $line =~ /^\r?\n$/ }
        my $status = $request =~ m{^GET /health} ? $is_up ? '200 OK' : '503 Service Unavailable' : '404 Not Found';
        my $body = encode_json({status => $is_up ? 'UP' : 'DOWN'});
        print $client "HTTP/1.1 $status\r\nContent-Type: application/json\r\nContent-Length: ", length $body, "\r\nConnection: close\r\n\r\n$body";
        close $client;
    }
}

sub until_taken {
    my ($path, $body) = @_;
    answer(0.2) until send_json('POST', $monitor . $path, $body);
}

$SIG{PIPE} = 'IGNORE';
$SIG{TERM} = sub { send_json('DELETE', "$eureka/apps/EDGE/$instance") if $eureka; exit 0 };
for my $step (split ' ', $ENV{STEPS} // 'rest') {
    my ($word, $value) = split /:/, $step;
    if ($word eq 'trigger') { until_taken('/triggers', {service => 'edge', instance => $instance, trigger => $value}) }
    elsif ($word eq 'notify') { until_taken('/notify', {service => 'edge', severity => $value, title => 'Edge is about to end'}) }
    elsif ($word eq 'log') { print encode_json({level => $value, service => 'edge', message => 'a request by script'}), "\n" }
    elsif ($word eq 'wait') { answer($value / 1000) }
    elsif ($word eq 'down' || $word eq 'up') { $is_up = $word eq 'up' }
    elsif ($word eq 'kill') { kill 'KILL', $$ }
    elsif ($word eq 'exit') { exit $value }
    else { answer(3600) while 1 }
}
