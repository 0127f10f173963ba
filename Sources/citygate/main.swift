print("citygate")
