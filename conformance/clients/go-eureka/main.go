// hudl's fargo. Called as: fargo-client URL NAME SCENARIO; the scenario is xml or json.
package main

import (
	"fmt"
	"os"
	"sort"
	"time"

	"github.com/hudl/fargo"
)

func must(what string, err error) {
	if err != nil {
		fmt.Println(what+":", err)
		os.Exit(1)
	}
}

func until(what string, condition func() bool) {
	for end := time.Now().Add(60 * time.Second); !condition(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			fmt.Println("waited 60 s for", what)
			os.Exit(1)
		}
	}
}

func main() {
	url, name, scenario := os.Args[1], os.Args[2], os.Args[3]
	conn := fargo.NewConn(url)
	conn.UseJson = scenario == "json"
	conn.PollInterval = 300 * time.Millisecond
	conn.Timeout = 5 * time.Second
	instance := func(number int) *fargo.Instance {
		return &fargo.Instance{
			InstanceId:     fmt.Sprintf("%s:%d", name, number),
			HostName:       "127.0.0.1",
			App:            name,
			IPAddr:         "127.0.0.1",
			VipAddress:     "vip-" + name,
			Status:         fargo.UP,
			Port:           8080,
			PortEnabled:    true,
			DataCenterInfo: fargo.DataCenterInfo{Name: fargo.MyOwn},
			LeaseInfo:      fargo.LeaseInfo{RenewalIntervalInSecs: 1, DurationInSecs: 20},
		}
	}
	one, two := instance(1), instance(2)
	for _, ins := range []*fargo.Instance{one, two} {
		must("register", conn.RegisterInstance(ins))
		must("register again", conn.ReregisterInstance(ins))
		must("heartbeat", conn.HeartBeatInstance(ins))
	}
	ids := func(instances []*fargo.Instance) string {
		found := []string{}
		for _, ins := range instances {
			found = append(found, fmt.Sprintf("%s %s %d %t %s", ins.InstanceId, ins.Status, ins.Port, ins.PortEnabled, ins.DataCenterInfo.Name))
		}
		sort.Strings(found)
		return fmt.Sprint(found)
	}
	both := fmt.Sprintf("[%s:1 UP 8080 true MyOwn %s:2 UP 8080 true MyOwn]", name, name)
	until("the application", func() bool {
		app, err := conn.GetApp(name)
		return err == nil && ids(app.Instances) == both
	})
	until("all applications", func() bool {
		apps, err := conn.GetApps()
		return err == nil && apps[name] != nil && ids(apps[name].Instances) == both
	})
	until("by vip address", func() bool {
		found, err := conn.GetInstancesByVIPAddress("vip-"+name, false)
		return err == nil && ids(found) == both
	})
	must("metadata", conn.AddMetadataString(one, "zone", "a"))
	read, err := conn.GetInstance(name, one.InstanceId)
	must("read", err)
	zone, err := read.Metadata.GetString("zone")
	must("zone", err)
	if zone != "a" {
		fmt.Println("zone is", zone)
		os.Exit(1)
	}
	// Not OUT_OF_SERVICE: that is DOWN in what Netflix's server writes of one instance as XML.
	must("status", conn.UpdateInstanceStatus(two, fargo.DOWN))
	until("the status", func() bool {
		found, err := conn.GetInstance(name, two.InstanceId)
		return err == nil && found.Status == fargo.DOWN && found.Overriddenstatus == fargo.DOWN
	})
	must("leave", conn.DeregisterInstance(one))
	if err := conn.HeartBeatInstance(one); err == nil {
		fmt.Println("a heartbeat of who has left was taken")
		os.Exit(1)
	}
	must("leave", conn.DeregisterInstance(two))
	until("nobody", func() bool {
		_, err := conn.GetApp(name)
		_, isNotFound := err.(fargo.AppNotFoundError)
		return isNotFound
	})
}
