package acme.driver_of_the_fleet_test

import data.acme.driver_of_the_fleet

test_another_driver_fails if {
	count(driver_of_the_fleet.deny) == 1 with input as {"gpu": {"smi": {"driver": "570.1"}}}
		with data.params as {"driver": "580.159.03"}
}

test_the_driver_of_the_fleet_passes if {
	count(driver_of_the_fleet.deny) == 0 with input as {"gpu": {"smi": {"driver": "580.159.03"}}}
		with data.params as {"driver": "580.159.03"}
}
